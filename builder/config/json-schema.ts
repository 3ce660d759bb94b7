import { z } from 'zod';
import { type ConfigSlice, composeSchema } from './schema.ts';

/** The text of config.schema.json, which editors use to complete and check config.yaml. */
export function configJsonSchema(slices: readonly ConfigSlice[]): string {
  const schema = z.toJSONSchema(composeSchema(slices), {
    io: 'input',
    target: 'draft-7',
    // What a JSON schema can not say (a transform in a stage's slice) is left open; the builder still checks it.
    unrepresentable: 'any',
    override: ({ jsonSchema, path }) => {
      // The builder refuses unknown keys at every depth, whatever kind of zod object a stage used.
      if (jsonSchema.properties !== undefined) jsonSchema.additionalProperties = false;
      // `ssh:` with nothing below it is fine (see empty-sections.ts).
      const isUnderKey = path.at(-2) === 'properties';
      if (isUnderKey && (jsonSchema.type === 'object' || jsonSchema.type === 'array')) {
        Object.assign(jsonSchema, { type: [jsonSchema.type, 'null'] });
      }
    },
  });
  const { $schema, ...rest } = schema;
  return `${JSON.stringify({ $schema, title: 'config.yaml of Hearth', ...rest }, null, 2)}\n`;
}
