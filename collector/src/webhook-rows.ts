// Webhooks as the API shows them, and what can be done with them.

export interface WebhookRow {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly created_at: string;
  readonly created_by: string;
}

/** Who asks: the tenant of the key, and what the audit log calls it. */
export interface TenantActor {
  readonly actor: string;
  readonly tenant: string;
}

export interface WebhookOperations {
  list(tenant: string): readonly WebhookRow[];
  /** @throws Problem not_found */
  show(tenant: string, id: string): WebhookRow;
  /** The secret is shown this once. @throws Problem parameter_invalid */
  create(
    by: TenantActor,
    wanted: { readonly name: string; readonly url: string },
  ): Promise<WebhookRow & { readonly secret: string }>;
  /** @throws Problem not_found */
  remove(by: TenantActor, id: string): Promise<WebhookRow>;
}
