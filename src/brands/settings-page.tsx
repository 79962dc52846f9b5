import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { ErrorSummary, Form, FormActions, SelectField, SubmitButton, TextField, type FieldErrors, type SelectOption } from "../web/parts/form.tsx";
import { Section } from "../web/parts/section.tsx";
import { StatusPill, Time } from "../web/parts/states.tsx";
import { Facts, Table, type Column } from "../web/parts/table.tsx";
import { KEPT_DAYS, KEPT_FOR_EVER, timeZones, type TypedSettings } from "./brand-settings.ts";

/** A key of the ring as this page shows it. */
export interface ListedKey {
  readonly id: number;
  readonly state: "pending" | "active" | "verifying" | "revoked";
  readonly createdAt: number;
}

interface SettingsPageProps {
  /** As stored, or as typed when the form came back. */
  readonly settings: TypedSettings;
  readonly errors?: FieldErrors;
  readonly isAdmin: boolean;
  readonly publicUrl: string;
  /** Null for those who do not run the installation. */
  readonly keys: readonly ListedKey[] | null;
  readonly version: string;
}

export function SettingsPage({ settings, errors = {}, isAdmin, publicUrl, keys, version }: SettingsPageProps) {
  return (
    <ConsolePage title="Settings" intro="Your brand, and the addresses that applications need.">
      <Section title="Brand" intro={isAdmin ? undefined : "Admins can change this."}>
        {isAdmin ? (
          <BrandForm settings={settings} errors={errors} />
        ) : (
          <Facts
            facts={[
              ["Name", <bdi>{settings.name}</bdi>],
              ["Time zone", settings.timeZone],
              ["Calls are kept", keptLabel(settings.callsKept)],
            ]}
          />
        )}
      </Section>
      <Section title="Addresses" intro="What an OAuth library or Postman asks for.">
        <CopyField label="Access token URL" value={`${publicUrl}/oauth2/token`} />
        <CopyField label="Authorization URL" value={`${publicUrl}/oauth2/auth`} />
        <CopyField label="Issuer" value={publicUrl} />
      </Section>
      {keys && (
        <Section title="Keys" intro="They sign access tokens and seal what travels through browsers. The active key signs; verifying keys are still accepted.">
          <Table caption="Keys" columns={KEY_COLUMNS} rows={keys} />
        </Section>
      )}
      <p class="reference">Hookgate {version}</p>
    </ConsolePage>
  );
}

function BrandForm({ settings, errors }: { readonly settings: TypedSettings; readonly errors: FieldErrors }) {
  return (
    <Form action="/settings">
      <ErrorSummary errors={errors} />
      <TextField name="name" label="Name" hint="Shown in the menu and on the consent page." value={settings.name} error={errors["name"]} />
      <SelectField
        name="timeZone"
        label="Time zone"
        hint="Where the brand’s day begins."
        value={settings.timeZone}
        options={zoneOptions()}
        error={errors["timeZone"]}
      />
      <SelectField
        name="callsKept"
        label="Calls are kept"
        hint="Older calls are deleted for good. Customers stay, and so does the newest payload of each webhook, which its mapping is made from."
        value={settings.callsKept}
        options={[KEPT_FOR_EVER, ...KEPT_DAYS.map(String)].map((value) => ({ value, label: keptLabel(value) }))}
        error={errors["callsKept"]}
      />
      <FormActions>
        <SubmitButton>Save settings</SubmitButton>
      </FormActions>
    </Form>
  );
}

function keptLabel(callsKept: string): string {
  return callsKept === KEPT_FOR_EVER ? "For ever" : `For ${callsKept} days`;
}

/** Between the form and what nobody can take back. */
export function KeepCallsPage({ settings }: { readonly settings: TypedSettings }) {
  return (
    <ConfirmPage
      title={`Keep calls for ${settings.callsKept} days?`}
      breadcrumb={{ href: "/settings", label: "Settings" }}
      consequences={[
        `Calls that are older than ${settings.callsKept} days are deleted within minutes, with their bodies; many take longer.`,
        "They can no longer be replayed or looked up by their reference.",
      ]}
      stays="Customers stay as they are, and so do the counts of the dashboard and the newest payload of each webhook. Backups keep what they hold."
      action="/settings"
      verb="Delete older calls"
      cancelHref="/settings"
    >
      {Object.entries(settings).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <input type="hidden" name="confirmed" value="yes" />
    </ConfirmPage>
  );
}

/** The time zones under their region: several hundred in one list cannot be read. */
function zoneOptions(): readonly { readonly label: string; readonly options: readonly SelectOption[] }[] {
  const regions = Object.groupBy(timeZones(), (zone) => (zone.includes("/") ? zone.slice(0, zone.indexOf("/")) : "Universal"));
  return Object.entries(regions).map(([region, zones = []]) => ({
    label: region,
    options: zones.map((zone) => ({ value: zone, label: zone.slice(zone.indexOf("/") + 1).replaceAll("_", " ") })),
  }));
}

const KEY_PILLS = { pending: "waiting", active: "good", verifying: "neutral", revoked: "bad" } as const;

const KEY_COLUMNS: readonly Column<ListedKey>[] = [
  { header: "Key", cell: ({ id }) => id },
  { header: "State", cell: ({ state }) => <StatusPill kind={KEY_PILLS[state]}>{state[0]!.toUpperCase() + state.slice(1)}</StatusPill> },
  { header: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
];
