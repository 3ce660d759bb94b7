import type { Answers, Field, Topic } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';

/** Replaces every secret in a text. */
export type Blacken = (text: string) => string;

const black = '[hidden]';
/** Shorter lines of a longer secret are no secret of their own: "-----END" would be black everywhere. */
const minLineLength = 8;

/** Makes the replacer for all secret values of the answers, also as JSON, a URL or base64 would spell them. */
export function blackenSecrets(topics: readonly Topic[], answers: Answers): Blacken {
  const secrets = topics.flatMap((topic) => secretValues(topic, answers));
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  if (spellings.length === 0) return (text) => text;
  const pattern = new RegExp(spellings.map(escapePattern).join('|'), 'g');
  return (text) => text.replaceAll(pattern, black);
}

/** The same for a text in several languages. */
export function blackenText(text: LocalText, blacken: Blacken): LocalText {
  if (typeof text === 'string') return blacken(text);
  const languages = Object.entries(text).map(([language, words]) => [language, blacken(words)]);
  return { ...(Object.fromEntries(languages) as Record<string, string>), en: blacken(text.en) };
}

function secretValues({ id, fields }: Topic, answers: Answers): readonly string[] {
  const answer = answers[id];
  if (answer?.state !== 'answered') return [];
  return fields.filter(isSecret).flatMap((field) => answer.values[field.name] ?? []);
}

function isSecret(field: Field): boolean {
  return field.kind === 'secret' || (field.kind === 'text' && field.isSecret === true);
}

function spellingsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= minLineLength);
  return [secret, secret.trim(), ...lines]
    .filter((text) => text !== '')
    .flatMap((text) => [
      text,
      JSON.stringify(text).slice(1, -1),
      // By way of bytes: half a character pair can not be encoded.
      encodeURIComponent(Buffer.from(text).toString()),
      Buffer.from(text).toString('base64'),
      text.replaceAll("'", String.raw`'\''`),
    ]);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
