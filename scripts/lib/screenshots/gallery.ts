import type { Scene } from '../../../test/stages/90-first-boot/web/scenes.ts';
import { type Look, looksOf, pictureName } from './looks.ts';

/** docs/setup-page.md: each page with one line and its pictures. */
export function gallery(scenes: readonly Scene[]): string {
  return `# The setup and status page

<!-- Written by scripts/screenshots: run it after a change of the pages. -->

Every page in each of its states, with sample data, at 360 and 1280 px, light and dark. How it works: [stages/90-first-boot](../stages/90-first-boot/README.md).

${scenes.map(section).join('\n')}`;
}

function section({ name, what }: Scene): string {
  const pictures = looksOf(name, false).map((look) => picture(name, what, look));
  return `## ${what}\n\n${pictures.join('\n')}\n`;
}

function picture(name: string, what: string, look: Look): string {
  const width = look.width === 360 ? 180 : 420;
  const alt = `${what}: ${look.width} px, ${look.colours}${look.language === 'de' ? ', German' : ''}`;
  return `<img src="images/setup-page/${pictureName(name, look)}" width="${width}" alt="${alt}">`;
}
