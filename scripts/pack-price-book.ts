/**
 * Writes the price book of this repository as one file for `aicost prices import`, to standard
 * output: how a collector of an older release gets a newer book without being upgraded.
 */
import { basename } from 'node:path';
import {
  BOOK_FOLDERS,
  listProviderFiles,
  readProviderFile,
} from '@ai-cost-profiler/collector/price/load-book.ts';
import { PRICE_BOOK_FORMAT } from '@ai-cost-profiler/collector/price-terms.ts';

const layers = BOOK_FOLDERS.map((folder) => ({
  name: basename(folder),
  providers: [...listProviderFiles(folder).values()].map(readProviderFile),
}));
process.stdout.write(`${JSON.stringify({ format: PRICE_BOOK_FORMAT, layers })}\n`);
