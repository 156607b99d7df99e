/** Not there for this reader: HTTP 404. It tells nothing, so that what is another tenant's looks the same. */
export class NotFoundQuestion extends Error {
  readonly code = 'not_found';

  constructor() {
    super('There is nothing of this id.');
    this.name = 'NotFoundQuestion';
  }
}
