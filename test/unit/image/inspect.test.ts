import { describe, expect, it } from 'vitest';
import { parseFatListing } from '../../../builder/image/inspect.ts';

/** What `mdir -/ -a` of mtools 4.0.48 prints, shortened. */
const listing = ` Volume in drive : is bootfs     
 Volume Serial Number is 1234-ABCD
Directory for ::/

LICENCE              2 2026-11-23   4:49 
LICENCE  dir <DIR>     2026-11-23   4:49 
BCM271~1 DTB     61440 2026-11-23   4:49  bcm2712-d-rpi-5-b.dtb
cmdline  txt       120 2026-11-23   4:49 
kernel8  img  12345678 2026-11-23  14:49 
overlays     <DIR>     2026-11-23   4:49 
        6 files          12 345 684 bytes

Directory for ::/LICENCE.dir

.            <DIR>     2026-11-23   4:49 
..           <DIR>     2026-11-23   4:49 
        2 files                   0 bytes

Directory for ::/overlays

.            <DIR>     2026-11-23   4:49 
..           <DIR>     2026-11-23   4:49 
ALONGN~1 DTB         2 2026-11-23   4:49  a long name.dtbo
README               2 2026-11-23   4:49 
        4 files                   4 bytes

Total files listed:
       12 files          12 345 688 bytes
                         53 709 312 bytes free
`;

describe('parseFatListing', () => {
  it('lists all files with their folders, long names and sizes', () => {
    expect(parseFatListing(listing)).toEqual([
      { name: 'LICENCE', sizeBytes: 2 },
      { name: 'bcm2712-d-rpi-5-b.dtb', sizeBytes: 61_440 },
      { name: 'cmdline.txt', sizeBytes: 120 },
      { name: 'kernel8.img', sizeBytes: 12_345_678 },
      { name: 'overlays/README', sizeBytes: 2 },
      { name: 'overlays/a long name.dtbo', sizeBytes: 2 },
    ]);
  });

  it('finds nothing on an empty partition', () => {
    expect(parseFatListing(' Volume in drive : is bootfs\nDirectory for ::/\n\nNo files\n')).toEqual([]);
  });
});
