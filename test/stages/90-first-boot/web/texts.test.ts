import { describe, expect, it } from 'vitest';
import { german } from '../../../../stages/90-first-boot/agent/text/de.ts';
import { english } from '../../../../stages/90-first-boot/agent/text/en.ts';
import { sayIn } from '../../../../stages/90-first-boot/agent/text/languages.ts';
import { chooseTexts } from '../../../../stages/90-first-boot/agent/web/language.ts';

describe('the texts', () => {
  it('say the same things in both languages', () => {
    expect(keysOf(german)).toEqual(keysOf(english));
  });

  it('may translate the sentences of stages by their English words', () => {
    const french = { ...english, language: 'fr', sentences: { Clock: 'Horloge' } };
    const say = sayIn(french);

    expect(say({ en: 'Clock', de: 'Uhr' })).toBe('Horloge');
    expect(say('Clock')).toBe('Horloge');
    expect(say({ en: 'Files', de: 'Dateien' })).toBe('Files');
    expect(say({ en: 'Files', fr: 'Fichiers' })).toBe('Fichiers');
    expect(sayIn(german)({ en: 'Clock', de: 'Uhr' })).toBe('Uhr');
  });
});

describe('chooseTexts', () => {
  it.each([
    ['de', 'de-AT,de;q=0.9,en;q=0.5'],
    ['de', 'fr, en;q=0.4, de;q=0.6'],
    ['en', 'en-GB,en;q=0.9,de;q=0.8'],
    ['en', 'de;q=0'],
    ['en', 'xx;q=abc,,;'],
    ['en', undefined],
  ])('gives %s for %j', (language, acceptLanguage) =>
    expect(chooseTexts({ acceptLanguage }).language).toBe(language),
  );

  it('takes the visitor before the browser, and the owner when the browser has no known language', () => {
    expect(chooseTexts({ chosen: 'de', acceptLanguage: 'en' }).language).toBe('de');
    expect(chooseTexts({ chosen: 'xx', acceptLanguage: 'en', owner: 'de' }).language).toBe('en');
    expect(chooseTexts({ acceptLanguage: 'fr', owner: 'de-AT' }).language).toBe('de');
  });
});

function keysOf(value: object): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' ? [key, ...keysOf(inner as object).map((name) => `${key}.${name}`)] : [key],
  );
}
