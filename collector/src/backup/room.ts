/** Whether a disk has room for a backup. One that is filled to its end stops the collector too, if it is the same. */
import { statfs } from 'node:fs/promises';
import { Problem } from '../problems.ts';

const FREE_SHARE_LEFT = 0.05;

/** @throws Problem backup_failed when the disk would be filled */
export async function mustHaveRoom(to: string, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(to);
  const free = bavail * bsize;
  if (bytes + blocks * bsize * FREE_SHARE_LEFT <= free) return;
  const detail = `${to}: the backup takes ${bytes} bytes, and ${free} are free there; a twentieth of the disk is to stay free.`;
  throw new Problem('backup_failed', detail);
}
