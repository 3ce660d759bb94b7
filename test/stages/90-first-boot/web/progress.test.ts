import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failedHappenings, logOf, runningHappenings } from './sample-status.ts';
import { sharedWeb } from './shared-web.ts';

const web = sharedWeb();

describe('the progress', () => {
  /** Reads the stream until it has this. */
  async function readEvents(cookie: string, lastEventId: number, until: RegExp): Promise<string> {
    const socket = connect(web.port, '127.0.0.1');
    socket.write(
      `GET /setup/events HTTP/1.1\r\nHost: ${web.host}\r\nCookie: ${cookie}\r\nLast-Event-ID: ${lastEventId}\r\n\r\n`,
    );
    let text = '';
    for await (const part of socket as AsyncIterable<Buffer>) {
      text += part.toString();
      if (until.test(text)) break;
    }
    socket.destroy();
    return text;
  }

  it('is told from the beginning, in one message for what is past', async () => {
    const { cookie } = web.session('applying');
    web.door.eventLog = logOf(runningHappenings);
    const text = await readEvents(cookie, 0, /^id:/m);

    expect(text).toContain('content-type: text/event-stream'.replace('c', 'C').replace('t-t', 't-T'));
    expect(text).toContain('retry: 2000');
    expect(text).toContain(`id: ${web.door.eventLog.length}`);
    expect(text.match(/^data: /gm)).toHaveLength(1);
    expect(text).toContain('"percent":31');
  });

  it('goes on after the event that the browser had last', async () => {
    const { cookie } = web.session('applying');
    web.door.eventLog = logOf(runningHappenings);
    const had = web.door.eventLog.length;
    const reading = readEvents(cookie, had, /^id:/m);
    await new Promise((go) => setTimeout(go, 300));
    web.door.eventLog = logOf([
      ...runningHappenings,
      { type: 'stepFinished', step: 'system.wifi', seconds: 9 },
    ]);
    const text = await reading;

    expect(text).toContain(`id: ${had + 1}`);
    expect(text).not.toContain(`id: ${had}\n`);
  });

  it('names the new address when the name in the address bar is gone', async () => {
    const { cookie } = web.session('applying');
    await web.ask();
    web.door.eventLog = logOf([...runningHappenings, { type: 'runFinished' }]);
    web.hostname = 'attic';
    const text = await readEvents(cookie, 0, /^id:/m);

    expect(text).toContain(`"home":"http://attic.local:${web.port}/"`);
  });

  it('reloads itself without scripts, until it is finished or failed', async () => {
    const { cookie } = web.session('applying');
    web.door.eventLog = logOf(runningHappenings);
    const { body } = await web.ask({ path: '/setup/progress', headers: { cookie } });

    expect(body).toContain('<noscript><meta http-equiv="refresh" content="5;url=/"></noscript>');
    expect(body).toContain('<progress max="100" value="31"');
  });

  it('has nothing to decide about a failed step while others are being done', async () => {
    const { cookie } = web.session('applying');
    const show = async () => (await web.ask({ path: '/setup/progress', headers: { cookie } })).body;
    web.door.eventLog = logOf(failedHappenings.slice(0, -1));
    const early = await show();
    web.door.eventLog = logOf(failedHappenings);
    const late = await show();

    for (const body of [early, late]) {
      expect(body).toContain('did not accept the password');
      expect(body).toContain('/setup/log/system.wifi');
    }
    expect(early).toContain('http-equiv="refresh"');
    expect(early).not.toContain('/setup/skip-step');
    expect(early).not.toContain('/setup/retry');
    expect(late).toContain('/setup/skip-step');
    expect(late).not.toContain('http-equiv="refresh"');
  });
});
