import { describe, expect, it } from 'vitest';
import { loadStage, renderTemplates } from './stage-tree.ts';

async function render(answers: object): Promise<{ readonly conf: string; readonly records: string }> {
  const stage = await loadStage('30-samba');
  const samba = stage.config?.schema.parse(answers);
  const files = await renderTemplates('30-samba', { samba });
  return {
    conf: files.get('/etc/samba/smb.conf') ?? '',
    records: files.get('/etc/avahi/services/samba.service') ?? '',
  };
}

async function accepts(answers: object): Promise<boolean> {
  return (await loadStage('30-samba')).config?.schema.safeParse(answers).success ?? false;
}

describe('30-samba', () => {
  it('shares media with people who have a password, over SMB 3', async () => {
    const { conf } = await render({});

    expect(conf).toMatch(/^\[media\]\n\tpath = \/srv\/media\n\tvalid users = @media$/m);
    expect(conf).toMatch(/^\tserver min protocol = SMB3_00$/m);
    expect(conf).toMatch(/^\tmap to guest = never$/m);
    expect(conf).toMatch(/^\tserver signing = mandatory$/m);
    expect(conf).not.toMatch(/guest ok|public = yes/);
  });

  it('lets older devices in only when asked to', async () => {
    expect((await render({ minProtocol: 'SMB2_10' })).conf).toMatch(/^\tserver min protocol = SMB2_10$/m);
    expect(await accepts({ minProtocol: 'NT1' })).toBe(false);
  });

  it('offers Time Machine only when asked to, to Samba and in the network alike', async () => {
    const without = await render({});
    const withIt = await render({ timeMachine: true, timeMachineSize: '2T' });

    expect(without.conf).not.toContain('[timemachine]');
    expect(without.records).not.toContain('_adisk._tcp');
    expect(withIt.conf).toMatch(/^\tfruit:time machine = yes\n\tfruit:time machine max size = 2T$/m);
    expect(withIt.records).toContain('dk0=adVN=timemachine,');
  });

  it('keeps the macOS modules the same for all shares', async () => {
    const { conf } = await render({ timeMachine: true });

    expect(conf.match(/vfs objects/g)).toHaveLength(1);
    expect(conf.indexOf('vfs objects')).toBeLessThan(conf.indexOf('[media]'));
  });

  it.each([
    { path: '/etc' },
    { path: '/srv/my films' },
    { share: 'Media Library' },
    { share: 'global' },
    { share: 'homes' },
    { share: 'timemachine', timeMachine: true },
    { path: '/srv/../etc' },
    { workgroup: 'MUCH-TOO-LONG-NAME' },
    { timeMachineSize: '500' },
  ])('refuses %o', async (answers) => {
    expect(await accepts(answers)).toBe(false);
  });
});
