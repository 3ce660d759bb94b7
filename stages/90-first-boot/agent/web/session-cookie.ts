import { createHmac, timingSafeEqual } from 'node:crypto';

const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const yearSeconds = 365 * 24 * 3600;

/** The cookies of a request by name. Of two with the same name the first counts, as the browser's most exact one. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';').slice(0, 50)) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim();
    if (name !== '' && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim());
  }
  return cookies;
}

/** The session's token, if the cookie has the shape of one. */
export function readToken(cookies: ReadonlyMap<string, string>): string | undefined {
  const token = cookies.get('hearth');
  return token !== undefined && tokenShape.test(token) ? token : undefined;
}

export function sessionCookie(token: string): string {
  return `hearth=${token}; HttpOnly; SameSite=Strict; Path=/`;
}

export const endedSessionCookie = 'hearth=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0';

export function languageCookie(language: string): string {
  return `lang=${language}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${yearSeconds}`;
}

/** What every form of a session carries: only pages of this session know it. */
export function formToken(token: string): string {
  return createHmac('sha256', token).update('csrf').digest('base64url');
}

/** Tells whether a form belongs to the session, in constant time. */
export function isFormToken(given: string | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(formToken(token))];
  return a.length === b.length && timingSafeEqual(a, b);
}
