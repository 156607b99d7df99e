/** Folders for new segments, made in advance: what a flush is given is there for good, and nothing is left behind. */
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { diskFiles } from './segment-files.ts';
import { SegmentPlaces } from './segment-places.ts';
import { Life, ShakyDisk, temporaryDirectory } from './test-journal.ts';

async function begin() {
  const openPath = await temporaryDirectory();
  onTestFinished(() => diskFiles.remove(openPath));
  const disk = new ShakyDisk();
  onTestFinished(() => disk.kill());
  let ids = 0;
  const randomId = () => String(++ids).padStart(32, '0');
  const places = new SegmentPlaces({ files: disk, openPath, randomId });
  const names = () => diskFiles.list(openPath);
  return { places, disk, openPath, names };
}

/** The folder is made and synced. */
function isPrepared(disk: ShakyDisk): Promise<void> {
  const syncs = () => disk.calls.filter((call) => call === 'syncDirectory').length;
  return vi.waitFor(() => expect(syncs()).toBe(2));
}

it('a place that was made in advance is only opened when it is taken', async () => {
  const { places, disk, names } = await begin();
  places.prepare();
  await isPrepared(disk);
  disk.calls.length = 0;
  const place = await places.take();
  expect(disk.calls).toEqual(['openAppend', 'openAppend']);
  expect(await names()).toEqual([place.id]);
});

it('one is made in advance, however often it is asked for', async () => {
  const { places, disk, names } = await begin();
  places.prepare();
  places.prepare();
  await isPrepared(disk);
  places.prepare();
  await places.take();
  expect(await names()).toHaveLength(1);
});

it('no two segments get the same place', async () => {
  const { places, names } = await begin();
  places.prepare();
  const taken = await Promise.all([places.take(), places.take(), places.take()]);
  const ids = taken.map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  expect(await names()).toEqual(ids.toSorted());
});

it('a place that is gone since is made anew', async () => {
  const { places, disk, openPath, names } = await begin();
  places.prepare();
  await isPrepared(disk);
  const [before] = await names();
  await diskFiles.remove(join(openPath, before!));
  const { id } = await places.take();
  expect(id).not.toBe(before);
  expect(await names()).toEqual([id]);
});

it.for(['makeDirectory', 'write', 'syncDirectory', 'openAppend'])(
  'a disk that fails %s is told to who takes a place, leaves nothing, and a later one is another',
  async (call) => {
    const { places, disk, names } = await begin();
    disk.fails = call;
    places.prepare();
    await expect(places.take()).rejects.toThrow('told to fail');
    expect(await names()).toEqual([]);
    disk.fails = '';
    const { id } = await places.take();
    expect(await names()).toEqual([id]);
  },
);

it('what nobody took is removed at the end', async () => {
  const { places, names } = await begin();
  places.prepare();
  await places.close();
  await places.close();
  expect(await names()).toEqual([]);
});

it('what nobody took before the process died is no damage and no row for the next start, which removes it', async () => {
  const life = await Life.begin();
  const { directory, disk } = life;
  onTestFinished(() => diskFiles.remove(directory));
  await life.send(1);
  const open = () => diskFiles.list(join(directory, 'open'));
  await vi.waitFor(async () => expect(await open()).toHaveLength(2));
  await vi.waitFor(() => expect(disk.calls.at(-1)).toBe('syncDirectory'));
  expect(life.journal.openCount).toBe(1);
  life.kill();
  const next = await Life.begin({ directory });
  onTestFinished(() => next.kill());
  expect(await open()).toEqual([]);
  expect(next.events).toEqual([{ kind: 'recovered', segments: 1, tornBytes: 0 }]);
  expect(next.journal.bytes).toBe(next.journal.queue.bytes);
  expect(next.journal.openCount).toBe(0);
});
