import { describe, expect, it } from 'vitest';
import { parseDpkgStatus } from '../../../builder/image/packages.ts';

const status = `Package: zlib1g
Status: install ok installed
Priority: required
Architecture: arm64
Multi-Arch: same
Version: 1:1.3.dfsg+really1.3.1-1+b1
Depends: libc6 (>= 2.17)
Description: compression library - runtime
 Status: this is text
 .
 Version: also text

Package: adduser
Status: install ok installed
Architecture: all
Version: 3.152
Conffiles:
 /etc/deluser.conf 773fb95e98a27947de4a95abb3d3f2a2

Package: removed
Status: deinstall ok config-files
Architecture: arm64
Version: 1

Package: broken
Status: install ok half-installed
Architecture: arm64
Version: 1

Package: held
Status: hold ok installed
Architecture: arm64
Version: 2
`;

describe('parseDpkgStatus', () => {
  it('lists what is installed, by name, with version and architecture', () => {
    expect(parseDpkgStatus(status)).toEqual([
      { name: 'adduser', version: '3.152', architecture: 'all' },
      { name: 'held', version: '2', architecture: 'arm64' },
      { name: 'zlib1g', version: '1:1.3.dfsg+really1.3.1-1+b1', architecture: 'arm64' },
    ]);
  });

  it('finds nothing in an empty file', () => {
    expect(parseDpkgStatus('')).toEqual([]);
  });
});
