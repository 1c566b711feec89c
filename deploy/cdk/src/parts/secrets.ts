import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { acknowledge } from "../rules.js";
import type { Settings } from "../settings.js";

/** The key that seals what administrators enter in the page, and the first administrator's password. */
export class Secrets extends Construct {
  readonly sealing: secretsmanager.Secret;
  readonly administrator: secretsmanager.Secret;

  constructor(scope: Construct, id: string, private readonly settings: Settings) {
    super(scope, id);
    this.sealing = new secretsmanager.Secret(this, "Sealing", {
      description: "Kaiwa: seals the keys of providers that are entered in the page",
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    this.administrator = new secretsmanager.Secret(this, "Administrator", {
      description: "Kaiwa: password of the first administrator; used at the first start only",
      generateSecretString: { passwordLength: 24, excludePunctuation: true },
    });
    acknowledge(this.sealing, {
      "AwsSolutions-SMG4": "What is sealed must stay readable: a new key needs the values entered anew.",
    });
    acknowledge(this.administrator, {
      "AwsSolutions-SMG4": "Used at the first start only; the administrator changes the password in the page.",
    });
  }

  grant(role: iam.IRole): void {
    this.sealing.grantRead(role);
    this.administrator.grantRead(role);
  }

  /** References that Kaiwa resolves itself: the values are in no template and in no variable. */
  environment(): Record<string, string> {
    return {
      KAIWA_SECRET: `secret:aws-secret:${this.sealing.secretName}`,
      ADMIN_USERNAME: this.settings.administrator,
      ADMIN_PASSWORD: `secret:aws-secret:${this.administrator.secretName}`,
    };
  }
}
