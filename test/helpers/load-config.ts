import { z } from 'zod';
import type { Diagnostic } from '../../builder/config/diagnostics.ts';
import { type LoadedConfig, loadConfig } from '../../builder/config/load.ts';
import type { ConfigSlice } from '../../builder/config/schema.ts';

export const stageNames = ['00-bootstrap', '10-boot', '20-system', '30-samba', '40-plex'];

/** Parts of config.yaml as stages would hand them in: one strict, one not, as both are allowed. */
export const slices: readonly ConfigSlice[] = [
  {
    key: 'samba',
    stage: '30-samba',
    schema: z.object({
      workgroup: z.string().min(1).max(15).default('WORKGROUP').meta({ description: 'Workgroup.' }),
      version: z.string().default('4.22').meta({ description: 'A version.' }),
      port: z.int().min(1).max(65535).default(445).meta({ description: 'Port.' }),
      timeMachine: z.boolean().default(true).meta({ description: 'Time Machine.' }),
      shares: z
        .array(
          z.object({
            name: z.string().meta({ description: 'Name of the share.' }),
            path: z.string().default('/srv/media').meta({ description: 'Folder.' }),
          }),
        )
        .default([])
        .meta({ description: 'Shares.' }),
    }),
  },
  {
    key: 'plex',
    stage: '40-plex',
    schema: z.strictObject({ claim: z.string().optional().meta({ description: 'Claim token.' }) }),
  },
];

/** Loads a text as config.yaml with the slices above. */
export function load(text: string): Promise<LoadedConfig> {
  return loadConfig({ path: 'config.yaml', text, slices, stageNames });
}

/** A diagnostic as one line: `3:5 image.name: must …`. */
export function oneLine({ range, path, message }: Diagnostic): string {
  const key = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return `${range.start.line}:${range.start.column} ${key.replace(/^\./, '')}: ${message}`;
}
