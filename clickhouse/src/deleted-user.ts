/** What stands where a person was named who was deleted: the money stays, and adds up. It is nobody's value. */
export const DELETED_USER = '(deleted)';
