import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A server's port by another one, which can be cut: then connections end, and new ones are closed at once. */
export class CutProxy {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param url with host and port */
  static async open(url: string): Promise<CutProxy> {
    const server = createServer();
    const proxy = new CutProxy(server, new URL(url));
    server.on('connection', (socket) => proxy.join(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The same URL, by way of here. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(socket: Socket): void {
    if (this.isCut) {
      socket.destroy();
      return;
    }
    const other = connect(Number(this.target.port), this.target.hostname);
    for (const [one, peer] of [
      [socket, other],
      [other, socket],
    ]) {
      this.sockets.add(one);
      one.pipe(peer);
      one.on('error', () => {});
      one.on('close', () => {
        this.sockets.delete(one);
        peer.destroy();
      });
    }
  }
}
