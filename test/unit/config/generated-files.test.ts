import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configPage } from '../../../builder/config/config-page.ts';
import { configJsonSchema } from '../../../builder/config/json-schema.ts';
import { loadConfig } from '../../../builder/config/load.ts';
import { staleFiles } from '../../../scripts/generate-docs.ts';
import { slices } from '../../helpers/load-config.ts';

const root = path.resolve(import.meta.dirname, '../../..');

describe('generated files', () => {
  it('are fresh (if not: npx tsx scripts/generate-docs.ts)', async () => {
    expect([...(await staleFiles()).keys()]).toEqual([]);
  });
});

describe('configJsonSchema', () => {
  const schema = JSON.parse(configJsonSchema(slices));

  it('describes shared keys and slices, with defaults', () => {
    expect(schema.properties.hostname).toMatchObject({ type: 'string', default: 'hearth' });
    expect(schema.properties.hostname.description).toMatch(/network/);
    expect(schema.properties.samba.properties.port).toMatchObject({ type: 'integer', maximum: 65535 });
  });

  it('refuses unknown keys at every depth', () => {
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.image.additionalProperties).toBe(false);
    expect(schema.properties.samba.additionalProperties).toBe(false);
    expect(schema.properties.samba.properties.shares.items.additionalProperties).toBe(false);
  });

  it('requires nothing and takes empty sections, as the builder does', () => {
    expect(schema.required).toBeUndefined();
    expect(schema.properties.ssh.type).toEqual(['object', 'null']);
    expect(schema.properties.ssh.properties.authorizedKeys.type).toEqual(['array', 'null']);
    expect(schema.properties.samba.properties.shares.items.type).toBe('object');
  });

  it('has patterns that the defaults and examples match', () => {
    const fields = [
      schema,
      schema.properties.image,
      schema.properties.keyboard,
      schema.properties.wifi,
      schema.properties.debian,
    ];
    const withPattern = fields
      .flatMap((section) =>
        Object.values<{ pattern?: string; default?: string; examples?: string[] }>(section.properties),
      )
      .filter((field) => field.pattern !== undefined);

    expect(withPattern.length).toBeGreaterThan(8);
    for (const field of withPattern) {
      for (const value of [field.default, ...(field.examples ?? [])].filter((one) => one !== undefined)) {
        expect(value).toMatch(new RegExp(field.pattern ?? ''));
      }
    }
  });
});

describe('configPage', () => {
  const page = configPage(slices);

  it('has a row with type, default, meaning and example for a key', () => {
    expect(page).toContain(
      '| `wifi.country` | text | `GB` | Country whose radio rules Wi-Fi keeps to: two capital letters (ISO 3166). | `DE` |',
    );
    expect(page).toContain('| `edition` | `slim` or `full` | `slim` |');
  });

  it('has a chapter for each stage with a config part, down to the entries of lists', () => {
    expect(page).toContain('## samba\n\nPart of the stage `30-samba`.');
    expect(page).toContain('| `samba.port` | whole number | `445` | Port. |');
    expect(page).toContain('| `samba.timeMachine` | `true` or `false` | `true` |');
    expect(page).toContain('| `samba.shares` | list of sections | `[]` |');
    expect(page).toContain('| `samba.shares[].name` | text | required |');
  });
});

describe('config.yaml of the repository', () => {
  it('is valid, points editors to the schema, and builds the slim edition', async () => {
    const text = await readFile(path.join(root, 'config.yaml'), 'utf8');

    const { config, diagnostics } = await loadConfig({ path: 'config.yaml', text, slices: [] });

    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./config.schema.json');
    expect(diagnostics).toEqual([]);
    expect(config?.edition).toBe('slim');
  });
});
