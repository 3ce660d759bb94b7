import type { Finding } from './finding.ts';
import type { ParsedYaml } from './parse-yaml.ts';

/**
 * Numbers with a zero in front. YAML 1.1 read 0755 as octal, YAML 1.2 reads it as 755, and a person may have meant a code
 * like 0049: whatever is right, this is not it.
 */
export function findYamlTraps(scalars: ParsedYaml['scalars']): readonly Finding[] {
  return scalars.flatMap(({ path, node }) => {
    const source = node.source ?? '';
    const isTrap = node.type === 'PLAIN' && typeof node.value === 'number' && /^[-+]?0[0-9]+$/.test(source);
    if (!isTrap) return [];
    const octal = /^0[0-7]+$/.test(source) ? `, or 0o${source.slice(1)} for an octal number` : '';
    return [
      {
        path,
        anchor: 'value',
        message: `${source} is the number ${String(node.value)} in YAML 1.2`,
        help: `write "${source}" in quotes${octal}`,
      },
    ];
  });
}
