// What is called for each event of an alert, once it is stored.

/** An event as the API shows it; queries/src/alerts/alert-event.ts has all of its members. */
export interface PublishedAlert {
  readonly message_id: string;
  readonly alert_id: string;
  readonly event: 'fired' | 'resolved';
  readonly state: 'warning' | 'burning' | 'exceeded';
  readonly budget_id: string;
  readonly key: string | null;
}

/** Must not throw, and returns at once. */
export type PublishAlert = (tenant: string, alert: PublishedAlert) => void;
