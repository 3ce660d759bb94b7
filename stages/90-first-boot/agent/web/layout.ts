import { languages } from '../text/languages.ts';
import { scriptPath, stylePath } from './assets.ts';
import { mark } from './drawings.ts';
import type { Frame } from './frame.ts';
import { type Html, html, trusted } from './html.ts';

export interface PageParts {
  readonly title: string;
  readonly main: Html;
  /** The form came back with something to mend. */
  readonly isError?: boolean;
  /** Two columns on a wide screen. */
  readonly isWide?: boolean;
  readonly footer?: Html;
  /** The page has the mark itself, large. */
  readonly hasOwnMark?: boolean;
  /** Browsers without scripts load this address after so many seconds. */
  readonly reloads?: { readonly seconds: number; readonly path: string };
  /** The page works in windows that have no scripts at all. */
  readonly hasScript?: boolean;
}

/** The frame of every page. */
export function renderLayout(frame: Frame, parts: PageParts): string {
  const { texts } = frame;
  const title = `${parts.isError ? texts.errorPrefix : ''}${parts.title} · Hearth`;
  const { reloads } = parts;
  return html`<!doctype html>
<html lang="${texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f6f2ec" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#141210" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<meta name="format-detection" content="telephone=no">
<title>${title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${stylePath}">
${parts.hasScript === false ? '' : html`<script src="${scriptPath}" defer></script>`}
${reloads === undefined ? '' : html`<noscript><meta http-equiv="refresh" content="${reloads.seconds};url=${reloads.path}"></noscript>`}
</head>
<body>
<a class="skip" href="#main">${texts.skipToContent}</a>
<div class="frame">
<header>${parts.hasOwnMark ? '' : html`<a class="brand" href="/">${trusted(mark)}Hearth</a>`}</header>
<main id="main" tabindex="-1"${parts.isWide ? html`` : html` class="narrow"`}>
${parts.main}
</main>
<footer>
${parts.footer ?? ''}
${languageSwitch(frame)}
</footer>
</div>
</body>
</html>
`.markup;
}

/** The fields that every form of a session has. */
export function hiddenFields(frame: Frame): Html {
  return frame.formToken === undefined
    ? html``
    : html`<input type="hidden" name="_token" value="${frame.formToken}">`;
}

function languageSwitch(frame: Frame): Html {
  const others = languages.filter(({ language }) => language !== frame.texts.language);
  if (frame.languageBy === 'link')
    return html`<nav class="tongues" aria-label="${frame.texts.languages}">${others.map(
      ({ language, name }) =>
        html`<a class="button plain small" href="${frame.path}?lang=${language}" lang="${language}" hreflang="${language}">${name}</a>`,
    )}</nav>`;
  return html`<form class="tongues" method="post" action="/language" aria-label="${frame.texts.languages}">
${hiddenFields(frame)}<input type="hidden" name="back" value="${frame.path}">
${others.map(({ language, name }) => html`<button class="button plain small" name="lang" value="${language}" lang="${language}">${name}</button>`)}
</form>`;
}
