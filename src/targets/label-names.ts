/** The names in a label: ImageNet's are lists of synonyms, "great white shark, white shark, man-eater". */
export const namesIn = (label: string): string[] => label.split(',').map((name) => name.trim());

/** A comma between names, but not one within parentheses or a number. */
const SEPARATOR = /,\s+(?![^(]*\))/;

/**
 * Labels for one line of text: of each list of synonyms the first name, or as many as no other label starts with.
 *
 * @example
 * shortLabels(['ruffed grouse, partridge', 'maillot', 'maillot, tank suit']); // ['ruffed grouse', 'maillot', 'maillot, tank suit']
 */
export function shortLabels(labels: readonly string[]): string[] {
  const beginnings = labels.map((label) => {
    const names = label.split(SEPARATOR);
    return names.map((_, i) => names.slice(0, i + 1).join(', '));
  });
  const counts = new Map<string, number>();
  for (const text of beginnings.flat()) counts.set(text, (counts.get(text) ?? 0) + 1);
  return labels.map((label, i) => beginnings[i].find((text) => counts.get(text) === 1) ?? label);
}
