import { beforeAll, describe, expect, test } from 'vitest';
import { renderTemplates } from '../stage-tree.ts';

let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  files = await renderTemplates('50-data');
});

function valuesIn(path: string, key: string): readonly string[] {
  const lines = (files.get(path) ?? '').split('\n').filter((line) => line.startsWith(`${key}=`));
  return lines.map((line) => line.slice(key.length + 1));
}

describe('port 80', () => {
  test('belongs to nginx, and the page has a socket that only nginx may open', () => {
    const drop = '/usr/lib/systemd/system/hearth-web.socket.d/50-data.conf';
    expect(valuesIn(drop, 'ListenStream')).toEqual(['', '/run/hearth-web.sock']);
    expect([...valuesIn(drop, 'SocketGroup'), ...valuesIn(drop, 'SocketMode')]).toEqual(['www-data', '0660']);
    expect(files.get('/etc/nginx/hearth.conf')).toContain('proxy_pass http://unix:/run/hearth-web.sock;');
  });

  test('is served without root, and by nothing that writes a log of visitors', () => {
    const unit = '/etc/systemd/system/nginx.service';
    expect(valuesIn(unit, 'User')).toEqual(['www-data']);
    expect(valuesIn(unit, 'CapabilityBoundingSet')).toEqual(['CAP_NET_BIND_SERVICE']);
    expect(valuesIn(unit, 'Wants')).toEqual([]);
    expect(files.get('/etc/nginx/hearth.conf')).toMatch(/^ {4}access_log off;$/m);
  });

  test('leads names without a site to the page: its server comes before all sites', () => {
    const text = files.get('/etc/nginx/hearth.conf') ?? '';
    expect(text.indexOf('server_name _;')).toBeGreaterThan(0);
    expect(text.indexOf('server_name _;')).toBeLessThan(text.indexOf('include /run/nginx/sites/*.conf;'));
  });
});

test('Postfix starts only once the setup has written what it needs, and never during a reset', () => {
  expect(valuesIn('/usr/lib/systemd/system/postfix.service.d/50-data.conf', 'ConditionPathExists')).toEqual([
    '/var/lib/hearth/mail.json',
    '!/var/lib/hearth/reset',
  ]);
});
