import { ConsolePage } from "../web/layout.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { ErrorSummary, Form, FormActions, SelectField, SubmitButton, TextField, type FieldErrors, type SelectOption } from "../web/parts/form.tsx";
import { Section } from "../web/parts/section.tsx";
import { StatusPill, Time } from "../web/parts/states.tsx";
import { Facts, Table, type Column } from "../web/parts/table.tsx";
import { timeZones, type BrandSettings } from "./brand-settings.ts";

/** A key of the ring as this page shows it. */
export interface ListedKey {
  readonly id: number;
  readonly state: "pending" | "active" | "verifying" | "revoked";
  readonly createdAt: number;
}

interface SettingsPageProps {
  /** As stored, or as typed when the form came back. */
  readonly settings: BrandSettings;
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

function BrandForm({ settings, errors }: { readonly settings: BrandSettings; readonly errors: FieldErrors }) {
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
      <FormActions>
        <SubmitButton>Save settings</SubmitButton>
      </FormActions>
    </Form>
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
