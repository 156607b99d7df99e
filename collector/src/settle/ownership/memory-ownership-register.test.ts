import { createMemoryOwnershipRegister } from './memory-ownership-register.ts';
import { ownershipRegisterContract } from './ownership-register.contract.ts';

ownershipRegisterContract(async () => createMemoryOwnershipRegister());
