/** What goes back to the browser. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  /** A text is sent compressed if the browser can; a stream as it comes. */
  readonly body: string | Buffer | AsyncIterable<string | Buffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

export function pageReply(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, type: 'text/html; charset=utf-8', body, headers };
}

/** Sends the browser to a page of this device, with GET. */
export function redirect(path: string, cookies: readonly string[] = []): Reply {
  return { status: 303, type: 'text/plain; charset=utf-8', body: '', headers: { Location: path }, cookies };
}
