/**
 * What a bundle says of its inputs, in the words of a command line: `` `wait-timeout: 40m` `` is `` `--wait-timeout 40m` ``.
 * An output that has the name of an input, and names that are none, stay as they are.
 * @param inputs the command's inputs by their names in action.yml
 */
export function asFlags(text: string, inputs: readonly string[]): string {
  return text
    .replace(/^input `([\w-]+)`/, '--$1')
    .replaceAll(
      /(\b(?:[Oo]utputs?|[Kk]eys?) )?`([a-z][a-z-]*)(?:: ([^`]+))?`/g,
      (all, other: string | undefined, name: string, value: string | undefined) => {
        if (other || !inputs.includes(name)) return all;
        return value === undefined ? `\`--${name}\`` : `\`--${name} ${value}\``;
      },
    );
}
