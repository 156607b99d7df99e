import { controlStoreContract } from './control-store.contract.ts';
import { createMemoryControlStore } from './memory-control-store.ts';

controlStoreContract(async () => createMemoryControlStore());
