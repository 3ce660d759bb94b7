import { createHash } from 'node:crypto';
import type { Texts } from '../text/texts.ts';
import { type Html, html, trusted } from './html.ts';
import { refreshScript } from './refresh-script.ts';
import { style } from './style.ts';

export interface PageParts {
  readonly title: string;
  readonly header: Html;
  readonly main: Html;
  readonly footer: Html;
  readonly refreshes: boolean;
}

/** Everything the page may do, named by its hash: a text that slipped through the escaping still could not run. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hashSource(style)}`,
  `script-src ${hashSource(refreshScript)}`,
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The frame of every page. */
export function renderLayout(texts: Texts, parts: PageParts): string {
  return html`<!doctype html>
<html lang="${texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f6f2ec" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#141210" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<title>${parts.title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<style>${trusted(style)}</style>
</head>
<body>
<div class="frame">
<header>
${parts.header}
</header>
${parts.main}
<footer>
${parts.footer}
</footer>
</div>
${parts.refreshes ? html`<script>${trusted(refreshScript)}</script>` : ''}
</body>
</html>
`.markup;
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
