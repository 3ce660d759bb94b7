/** How one picture of a page is taken. */
export interface Look {
  readonly width: 360 | 1280;
  readonly colours: 'light' | 'dark';
  readonly language: 'en' | 'de';
}

const usual: readonly Look[] = [
  { width: 360, colours: 'light', language: 'en' },
  { width: 360, colours: 'dark', language: 'en' },
  { width: 1280, colours: 'light', language: 'en' },
  { width: 1280, colours: 'dark', language: 'en' },
];
const german: Look = { width: 360, colours: 'light', language: 'de' };

/** Pages with long words or much text: there German shows whether it fits. */
const alsoGerman = ['welcome', 'question-password', 'check', 'progress-failed', 'status', 'hotspot', 'reset'];

/** The pictures of a page. */
export function looksOf(page: string, isEveryLanguage: boolean): readonly Look[] {
  return isEveryLanguage || alsoGerman.includes(page) ? [...usual, german] : usual;
}

/** `welcome-360-dark-en.png` */
export function pictureName(page: string, { width, colours, language }: Look): string {
  return `${page}-${width}-${colours}-${language}.png`;
}
