import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../helpers/bundle-program.ts';

/** As in the unit. */
const nodeOptions = ['--jitless', '--no-expose-wasm', '--max-old-space-size=48'];

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-web-process-'));
  bundle = await bundleProgram(`${import.meta.dirname}/web-process.ts`, folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the web process, bundled, without the just-in-time compiler', () => {
  it('makes every page, and needs less private memory than 20 MB for it', async ({ skip }) => {
    if (process.platform !== 'linux') skip('reads /proc');
    const child = spawn(process.execPath, [...nodeOptions, bundle, 'fake'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { port, cookie } = JSON.parse(line.toString()) as { port: number; cookie: string };
      for (const path of ['/', '/doctor', '/change/administrator', '/reset', '/progress'])
        expect(await statusOf(port, path, cookie), path).toBe(200);
      for (let rounds = 0; rounds < 10; rounds += 1)
        await Promise.all(Array.from({ length: 5 }, () => statusOf(port, '/', cookie)));
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      expect(Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(20 * 1024);
    } finally {
      child.kill();
    }
  });

  it('takes the socket that systemd hands over, says that the keeper is not there, and leaves', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const handle = (server as unknown as { _handle: { fd: number } })._handle;
    const child: ChildProcess = spawn(process.execPath, [...nodeOptions, bundle, 'listen', folder], {
      stdio: ['ignore', 'ignore', 'ignore', handle.fd],
    });
    server.close();

    expect(await statusOf(port, '/', '')).toBe(503);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

function statusOf(port: number, path: string, cookie: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { cookie }, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}
