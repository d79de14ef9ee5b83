import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An address at which a server is away until it is opened, and then is the server behind it. */
export class Gate {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => this.join(near));

  private constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** @param address `host:port` of the server behind it */
  static async before(address: string): Promise<Gate> {
    const [host, port] = address.split(':');
    const gate = new Gate(host, Number(port));
    gate.server.listen(0, '127.0.0.1');
    await once(gate.server, 'listening');
    return gate;
  }

  isOpen = false;

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(near: Socket): void {
    if (!this.isOpen) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.port, this.host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      this.sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => this.sockets.delete(one));
    }
  }
}
