/** A dataset of two columns, under a name of the test's own. */
export function peopleConfig(name: string): string {
  return `name: ${name}
source:
  pattern: "**/*.csv"
table: ${name}
key: id
keep: first
parts: 2
reject_threshold: 1
columns:
  - { name: id, type: text, required: true, max_bytes: 512 }
  - { name: name, type: text, default: nobody }
gold: []
`;
}
