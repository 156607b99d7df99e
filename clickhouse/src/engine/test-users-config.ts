/** A configuration of the embedded engine, for tests, with users beside the one that it is used as. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const OWNER =
  '<default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota><access_management>1</access_management></default>';

/**
 * Writes it into a folder, and resolves with the path that is its `configFile`. `users`: XML of users, by their names;
 * more of them may lie in the folder's `users.d`, as beside a server's configuration.
 */
export async function putUsersConfig(directory: string, users: readonly string[]): Promise<string> {
  const usersFile = join(directory, 'users.xml');
  const configFile = join(directory, 'config.xml');
  await writeFile(
    usersFile,
    `<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>${OWNER}${users.join('')}</users></clickhouse>`,
  );
  await writeFile(
    configFile,
    `<clickhouse><user_directories><users_xml><path>${usersFile}</path></users_xml></user_directories></clickhouse>`,
  );
  return configFile;
}
