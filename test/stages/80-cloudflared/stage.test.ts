import { describe, expect, test } from 'vitest';
import { setup } from '../../../stages/80-cloudflared/setup.ts';
import { loadStage, renderTemplates } from '../stage-tree.ts';

const unitFile = '/usr/lib/systemd/system/cloudflared.service';

async function files(answers: object = {}): Promise<ReadonlyMap<string, string>> {
  const stage = await loadStage('80-cloudflared');
  return await renderTemplates('80-cloudflared', { cloudflared: stage.config?.schema.parse(answers) });
}

/** The values of a key of the unit, in their order. */
async function unitValues(key: string): Promise<readonly string[]> {
  const lines = ((await files()).get(unitFile) ?? '').split('\n');
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
}

describe('the unit of cloudflared', () => {
  test('starts only with what the setup wrote, and never during a reset', async () => {
    expect(await unitValues('ConditionPathExists')).toEqual([
      '/var/lib/hearth/tunnel/token',
      '!/var/lib/hearth/reset',
    ]);
  });

  test('gets the token as a credential, and nothing of it in arguments or environment', async () => {
    const [command = ''] = await unitValues('ExecStart');
    expect(command).toContain('--token-file %d/token');
    expect(command).not.toMatch(/--token /);
    expect(await unitValues('LoadCredential')).toContain('token:/var/lib/hearth/tunnel/token');
    expect([...(await unitValues('Environment')), ...(await unitValues('EnvironmentFile'))]).toEqual([]);
  });

  test('does not update itself, and tells how it is on loopback only', async () => {
    const [command = ''] = await unitValues('ExecStart');
    expect(command).toContain(' --no-autoupdate ');
    expect(command).toContain(' --metrics 127.0.0.1:20241 ');
    expect((await files()).get('/usr/lib/hearth/cloudflared.json')).toContain('127.0.0.1:20241');
  });

  test('is never given up, and holds no boot without Internet back', async () => {
    expect(await unitValues('StartLimitIntervalSec')).toEqual(['0']);
    expect(await unitValues('Restart')).toEqual(['always']);
    expect(await unitValues('DefaultDependencies')).toEqual(['no']);
    expect(Number(await unitValues('TimeoutStartSec'))).toBeGreaterThanOrEqual(60);
  });

  test('has no rights and a user of its own', async () => {
    expect(await unitValues('DynamicUser')).toEqual(['yes']);
    expect(await unitValues('CapabilityBoundingSet')).toEqual(['']);
    expect(await unitValues('NoNewPrivileges')).toEqual(['yes']);
  });
});

test('the address of the API comes from config.yaml', async () => {
  const settings = async (answers: object) =>
    JSON.parse((await files(answers)).get('/usr/lib/hearth/cloudflared.json') ?? '') as object;
  expect(await settings({})).toMatchObject({ api: 'https://api.cloudflare.com/client/v4' });
  expect(await settings({ api: 'http://10.0.2.2:8080/client/v4' })).toMatchObject({
    api: 'http://10.0.2.2:8080/client/v4',
  });
});

test.each(['ftp://x', 'https://api.cloudflare.com/', 'https://a"b', ''])(
  'config.yaml can not have %j as that address',
  async (api) => {
    const stage = await loadStage('80-cloudflared');
    expect(stage.config?.schema.safeParse({ api }).success).toBe(false);
  },
);

test('the program is there before the tunnel is started, and the tunnel waits for the claim', () => {
  const [first, second] = setup.steps ?? [];
  expect([first?.id, second?.id]).toEqual(['tunnel.prepare', 'tunnel.start']);
  expect([first?.needs, second?.needs]).toEqual([undefined, ['cloudflared']]);
  expect([first?.afterClaim, second?.afterClaim]).toEqual([true, true]);
  // A topic that was skipped starts no step by itself, and nothing is fetched for it.
  expect([first?.uses, second?.uses]).toEqual([['tunnel', 'administrator'], ['tunnel']]);
});
