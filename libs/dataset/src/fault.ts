/** A fault in a config: where (a path such as ['columns', 3, 'default']) and what to write instead. */
export interface Fault {
  path: PropertyKey[];
  message: string;
}
