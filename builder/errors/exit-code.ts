/**
 * 0 done · 1 a step failed · 2 wrong usage or config · 3 this host can't · 4 a download was refused or did not match ·
 * 5 built but failed its boot test · 70 a bug of ours · 130/143 interrupted.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 70 | 130 | 143;
