import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StepFailure } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { certificateIn } from './certificate.ts';
import { type FetchDevice, type FetchMore, fetchDevice, fileOf, refusalOf } from './fetch-parts.ts';
import {
  cutAfter,
  digestOf,
  type FileServer,
  ignoresRange,
  type Manner,
  otherSize,
  plain,
  randomContent,
  redirectTo,
  serve,
  silentAfter,
  slowly,
  status,
  tooMuch,
  wrongContent,
} from './file-server.ts';

const sizeBytes = 600_000;
const content = randomContent(sizeBytes);
const target = 'usr/local/bin/tool';

let device: FetchDevice;

beforeEach(() => {
  device = fetchDevice();
});

afterEach(async () => await device.remove());

describe('fetchFile', () => {
  it('brings the file to its place with its mode, and leaves nothing else', async () => {
    const server = await serving([plain]);
    const umask = process.umask(0o077);
    await device.fetch(fileOf(content, `${server.url}/tool`)).finally(() => process.umask(umask));

    expectFetched();
    expect(statSync(join(device.root, target)).mode & 0o7777).toBe(0o755);
    expect(statSync(join(device.root, 'usr/local/bin')).mode & 0o777).toBe(0o755);
    expect(statSync(device.folder).mode & 0o777).toBe(0o700);
    expect(server.asked).toEqual(['GET /tool']);
    expect(device.told.at(-1)).toBe('1.00 600 kB of 600 kB');
  });

  it('ends at once when the right file is there, and asks nobody', async () => {
    const server = await serving([plain]);
    put(content);
    await device.fetch(fileOf(content, server.url));

    expectFetched();
    expect(statSync(join(device.root, target)).mode & 0o777).toBe(0o755);
    expect(server.asked).toEqual([]);
  });

  it.each([
    ['of another size', Buffer.from('old')],
    ['of the same size with another content', Buffer.alloc(sizeBytes, 'o')],
  ])('replaces a file %s', async (_what, old) => {
    const server = await serving([plain]);
    put(old);
    await device.fetch(fileOf(content, server.url));

    expectFetched();
  });

  it('goes on after a cut where it was, and fetches no byte twice', async () => {
    const server = await serving([cutAfter(200_000), cutAfter(150_000), plain]);
    await device.fetch(fileOf(content, server.url));

    expectFetched();
    const starts = server.asked.map((line) => Number(/bytes=(\d+)-/.exec(line)?.[1] ?? 0));
    const [, second = 0, third = 0] = starts;
    expect(starts.length).toBe(3);
    expect(second).toBeGreaterThan(100_000);
    expect(third).toBeGreaterThan(second + 50_000);
    // Only what was still on its way when the connection broke is sent twice.
    expect(server.sentBytes()).toBe(200_000 + 150_000 + sizeBytes - third);
    expect(fractions()).toEqual([...fractions()].sort((a, b) => a - b));
  });

  it('goes on at the next start of the device, at another address too', async () => {
    const first = await serving([cutAfter(300_000), status(404)]);
    await refused(fileOf(content, first.url), { world: { syncBytes: 1e9 } });
    expect(existsSync(join(device.root, target))).toBe(false);
    const second = await serving([plain]);
    const kept = syncedBytes();
    await device.fetch(fileOf(content, second.url));

    expectFetched();
    expect(kept).toBeGreaterThan(200_000);
    expect(second.sentBytes()).toBe(sizeBytes - kept);
  });

  it('believes only what was synced, not the size of the partial file', async () => {
    const server = await serving([cutAfter(300_000), status(404), plain]);
    await refused(fileOf(content, server.url));
    // As a power cut leaves it: longer than what ever came to the disk.
    const part = join(device.folder, `${digestOf(content)}.part`);
    const kept = syncedBytes();
    writeFileSync(part, Buffer.concat([readFileSync(part), Buffer.alloc(100_000)]));
    await device.fetch(fileOf(content, server.url));

    expectFetched();
    expect(server.asked.length).toBe(3);
    expect(server.asked.at(-1)).toBe(`GET / bytes=${kept}-`);
  });

  it.each([
    ['zeros, as a bad card gives them', Buffer.alloc(300_000), '300000'],
    ['more than the note says, and the note is damaged', Buffer.alloc(300_000), 'x'],
    ['nothing, and a note that promises more', Buffer.alloc(0), '300000'],
    ['all bytes, but wrong ones', Buffer.alloc(sizeBytes), String(sizeBytes)],
  ])('begins again when an earlier try left %s', async (_what, left, note) => {
    const server = await serving([plain]);
    mkdirSync(device.folder, { recursive: true });
    writeFileSync(join(device.folder, `${digestOf(content)}.part`), left);
    writeFileSync(join(device.folder, `${digestOf(content)}.synced`), note);
    await device.fetch(fileOf(content, server.url));

    expectFetched();
  });

  it('throws away parts of other versions', async () => {
    const server = await serving([plain]);
    mkdirSync(device.folder, { recursive: true });
    writeFileSync(join(device.folder, `${'0'.repeat(64)}.part`), 'old');
    await device.fetch(fileOf(content, server.url));

    expect(readdirSync(device.folder)).toEqual([]);
  });

  it('copies to a place on another disk', async () => {
    const elsewhere = `/dev/shm/hearth-fetch-${process.pid}`;
    mkdirSync(elsewhere);
    mkdirSync(join(device.root, 'usr/local'), { recursive: true });
    symlinkSync(elsewhere, join(device.root, 'usr/local/bin'));
    const server = await serving([plain]);
    try {
      await device.fetch(fileOf(content, server.url));

      expectFetched();
      expect(statSync(elsewhere).dev).not.toBe(statSync(device.folder).dev);
      expect(statSync(join(elsewhere, 'tool')).mode & 0o777).toBe(0o755);
      expect(readdirSync(elsewhere)).toEqual(['tool']);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it.each<[string, readonly Manner[]]>([
    ['is busy for a while', [status(503), status(429), plain]],
    ['falls silent', [silentAfter(100_000), plain]],
    ['sends the wrong rest once', [cutAfter(200_000), wrongContent, plain]],
    ['does not know the rest', [cutAfter(200_000), status(416), plain]],
    ['is slow', [slowly(60_000, 30)]],
  ])('succeeds with a server that %s', async (_what, manners) => {
    const server = await serving(manners);
    await device.fetch(fileOf(content, server.url));

    expectFetched();
  });

  it('passes over what it has when the server ignores the wish for a part', async () => {
    const server = await serving([cutAfter(200_000), ignoresRange]);
    await device.fetch(fileOf(content, server.url));

    expectFetched();
    expect(server.asked.length).toBe(2);
  });

  it('takes the mirrors first, in their order, and the maker when they fail', async () => {
    const wrong = await serving([wrongContent]);
    const gone = await serving([status(404)]);
    const maker = await serving([plain]);
    await device.fetch(fileOf(content, `${maker.url}/tool`), { mirrors: [`${wrong.url}/m/`, gone.url] });

    expectFetched();
    const path = `sha256/${digestOf(content)}`;
    expect([...wrong.asked, ...gone.asked, ...maker.asked]).toEqual([
      `GET /m/${path}`,
      `GET /${path}`,
      'GET /tool',
    ]);
  });

  it('follows redirects, but not without end', async () => {
    const server = await serving([redirectTo('/a'), redirectTo('b?c=d'), plain]);
    await device.fetch(fileOf(content, `${server.url}/x`));
    expect(server.asked).toEqual(['GET /x', 'GET /a', 'GET /b?c=d']);
    const round = await serving([redirectTo('/again')]);
    rmSync(join(device.root, target));

    expect(await refused(fileOf(content, round.url))).toContain('not sure');
    expect(round.asked.length).toBe(6);
  });

  it('tells bytes and the time left', async () => {
    const server = await serving([slowly(60_000, 40)]);
    let nowMs = 0;
    // Each look at the clock is two seconds later.
    const clock = { ...device.world.clock, nowMs: () => (nowMs += 2_000) };
    await device.fetch(fileOf(content, server.url), { world: { clock } });

    expect(device.told).toContainEqual(
      expect.stringMatching(/^0\.\d\d \d+ kB of 600 kB, less than a minute left$/),
    );
  });

  it('stops when the device is shut down, and keeps what came in', async () => {
    const server = await serving([slowly(60_000, 30), plain]);
    const done = device.fetch(fileOf(content, server.url)).catch((error: unknown) => error);
    while (server.sentBytes() < 200_000) await new Promise((resolve) => setTimeout(resolve, 5));
    device.stop.abort();

    expect(await done).not.toBeInstanceOf(StepFailure);
    expect(existsSync(join(device.root, target))).toBe(false);
    expect(syncedBytes()).toBeGreaterThan(0);
  });
});

describe('a fetch that can not succeed', () => {
  it.each<[string, readonly Manner[], string, string]>([
    ['does not have it', [status(404)], 'does not give out "tool" (answer 404)', 'newer image'],
    ['is busy all the time', [status(503)], 'does not give out "tool" (answer 503)', 'in an hour'],
    ['sends another content', [wrongContent], 'not the "tool" that this image expects', 'login page'],
    ['tells another size', [otherSize], 'not the "tool" that this image expects', 'login page'],
    ['sends too much', [tooMuch], 'not the "tool" that this image expects', 'login page'],
    ['breaks each connection', [cutAfter(0)], 'connection breaks again and again', 'a few minutes'],
    ['is silent', [silentAfter(0)], 'does not answer', 'a few minutes'],
    ['leads to a file of the device', [redirectTo('file:///etc/passwd')], 'not sure', 'another network'],
  ])('because the server %s', async (_what, manners, why, todo) => {
    const server = await serving(manners);
    const world = manners[0] === undefined ? {} : { patienceMs: 3_000 };
    const words = await refused(fileOf(content, server.url), { world });

    expect(words).toContain(why);
    expect(words).toContain(todo);
    expect(existsSync(join(device.root, target))).toBe(false);
  });

  it('has both digests in the log and none on the page, and keeps nothing', async () => {
    const server = await serving([wrongContent]);
    const words = await refused(fileOf(content, server.url));
    const wrong = digestOf(Buffer.alloc(sizeBytes, 'x'));

    expect(device.log.join('\n')).toContain(`SHA-256 ${wrong} instead of ${digestOf(content)}`);
    for (const digest of [wrong, digestOf(content)]) expect(words).not.toContain(digest);
    expect(server.asked.length).toBe(1);
    expect(statSync(join(device.folder, `${digestOf(content)}.part`)).size).toBe(0);
  });

  it.each<[string, readonly Manner[], number]>([
    ['from the beginning', [otherSize], 0],
    ['after a part of the right one', [cutAfter(200_000), otherSize], 100_000],
  ])('takes no byte of a file of another size, %s', async (_what, manners, leastBytes) => {
    const server = await serving(manners);
    await refused(fileOf(content, server.url));
    const part = readFileSync(join(device.folder, `${digestOf(content)}.part`));

    expect(part.length).toBeGreaterThanOrEqual(leastBytes);
    expect(part.equals(content.subarray(0, part.length))).toBe(true);
  });

  it.each([
    ['EAI_AGAIN', true, 'no connection to the Internet'],
    ['ENETUNREACH', true, 'no connection to the Internet'],
    ['ENOTFOUND', false, 'no connection to the Internet'],
    ['ENOTFOUND', true, 'does not know the address parts.example'],
    ['ETIMEDOUT', true, 'parts.example does not answer'],
  ])('because of %s (with a network: %s)', async (code, isConnected, why) => {
    const lookup = (_name: string, _options: unknown, done: (error: Error) => void) =>
      done(Object.assign(new Error('no'), { code }));
    const file = fileOf(content, 'https://parts.example/tool');
    const words = await refused(file, { world: { lookup: lookup as never, isConnected: () => isConnected } });

    expect(words).toContain(why);
    const waitedMs = device.pauses.reduce((sum, ms) => sum + ms, 0);
    expect(waitedMs).toBeGreaterThanOrEqual(4 * 60_000 - 15_000);
    expect(waitedMs).toBeLessThan(5 * 60_000);
    expect(device.pauses.slice(0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(device.told).toContain(
      '0.00 parts.example can not be reached right now. Trying again in a moment.',
    );
  });

  it('names the host that it was sent to, not the one that sent it there', async () => {
    const server = await serving([redirectTo('http://deeper.example/tool')]);
    const lookup = (_name: string, _options: unknown, done: (error: Error) => void) =>
      done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));

    expect(await refused(fileOf(content, server.url), { world: { lookup: lookup as never } })).toContain(
      'does not know the address deeper.example',
    );
  });

  it('because there is no room, before anything is fetched', async () => {
    const server = await serving([plain]);
    const words = await refused(fileOf(content, server.url), { world: { freeBytes: () => 2_500_000 } });

    expect(words).toContain('no room for "tool": it needs 34 MB, and 2.5 MB are free');
    expect(server.asked).toEqual([]);
  });
});

describe('over TLS', () => {
  it('fetches from a server that is vouched for, and follows it to https only', async () => {
    const { key, cert } = certificateIn(device.root, 0);
    const good = device.closing(await serve(content, [plain], { key, cert }));
    const plainServer = await serving([plain]);
    const down = device.closing(await serve(content, [redirectTo(plainServer.url)], { key, cert }));

    expect(await refused(fileOf(content, down.url), { world: { ca: cert } })).toContain('not sure');
    expect(plainServer.asked).toEqual([]);
    expect(await refused(fileOf(content, good.url))).toContain('not sure');
    expect(good.asked).toEqual([]);
    await device.fetch(fileOf(content, good.url), { world: { ca: cert } });
    expectFetched();
  });

  it.each([
    ['not valid any more', -9],
    ['not valid yet', 9],
  ])('tells the date of the device when the certificate is %s', async (_what, days) => {
    const { key, cert } = certificateIn(device.root, days);
    const server = device.closing(await serve(content, [plain], { key, cert }));
    const words = await refused(fileOf(content, server.url), { world: { ca: cert } });

    expect(words).toContain(`The clock of the device says ${new Date().toISOString().slice(0, 10)}`);
    expect(server.asked).toEqual([]);
    expect(device.pauses.length).toBeGreaterThan(5);
  });
});

async function serving(manners: readonly Manner[]): Promise<FileServer> {
  return device.closing(await serve(content, manners));
}

async function refused(file: ReturnType<typeof fileOf>, more: FetchMore = {}): Promise<string> {
  return await refusalOf(device.fetch(file, more));
}

function put(bytes: Buffer): void {
  mkdirSync(join(device.root, 'usr/local/bin'), { recursive: true });
  writeFileSync(join(device.root, target), bytes, { mode: 0o600 });
}

function expectFetched(): void {
  expect(digestOf(readFileSync(join(device.root, target)))).toBe(digestOf(content));
  expect(existsSync(device.folder) ? readdirSync(device.folder) : []).toEqual([]);
}

function fractions(): readonly number[] {
  return device.told.map((line) => Number(line.split(' ')[0]));
}

function syncedBytes(): number {
  return Number(readFileSync(join(device.folder, `${digestOf(content)}.synced`), 'utf8'));
}
