import { CfnOutput, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as assets from "aws-cdk-lib/aws-s3-assets";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { grantModels, modelEnvironment, modelFindings } from "../parts/models.js";
import { Secrets } from "../parts/secrets.js";
import { Storage } from "../parts/storage.js";
import { acknowledge } from "../rules.js";
import type { Settings } from "../settings.js";

/** One instance that no address leads to: people reach its port 8080 through Systems Manager. */
export class ServerStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps) {
    super(scope, id, props);
    const storage = new Storage(this, "Storage", settings);
    const secrets = new Secrets(this, "Secrets", settings);
    const vpc = settings.vpcId ? ec2.Vpc.fromLookup(this, "Vpc", { vpcId: settings.vpcId }) : this.makeVpc();
    const role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName("AmazonSSMManagedInstanceCore")],
    });
    storage.grant(role);
    secrets.grant(role);
    grantModels(this, role);

    const program = new assets.Asset(this, "Program", { path: settings.functionZip });
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: "FetchProgram",
        actions: ["s3:GetObject"],
        resources: [program.bucket.arnForObjects(program.s3ObjectKey)],
      }),
    );
    const instance = new ec2.Instance(this, "Instance", {
      vpc,
      role,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.SMALL),
      machineImage: ec2.MachineImage.latestAmazonLinux2023(),
      // What is installed is installed at the first boot; another program or variable is another instance.
      userDataCausesReplacement: true,
      requireImdsv2: true,
      detailedMonitoring: true,
      blockDevices: [
        { deviceName: "/dev/xvda", volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }) },
      ],
    });
    instance.addUserData(...this.install(program, { ...storage.environment(), ...secrets.environment(), ...modelEnvironment(this, settings) }));
    acknowledge(role, {
      ...modelFindings,
      "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]":
        "What Systems Manager's agent needs; AWS keeps it in step with the agent.",
    });
    acknowledge(instance, {
      "AwsSolutions-EC29": "All state is in DynamoDB and S3: every new version is another instance.",
    });
    new CfnOutput(this, "Connect", {
      value: `aws ssm start-session --target ${instance.instanceId} --document-name AWS-StartPortForwardingSession --parameters portNumber=8080,localPortNumber=8080`,
    });
    new CfnOutput(this, "AdministratorPassword", { value: secrets.administrator.secretName });
  }

  private makeVpc(): ec2.Vpc {
    const vpc = new ec2.Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: 1,
      gatewayEndpoints: {
        DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
      },
    });
    vpc.addFlowLog("FlowLog", {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(
        new logs.LogGroup(this, "FlowLogs", { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY }),
      ),
    });
    return vpc;
  }

  /** Lays the program out and starts it as a service of its own user. */
  private install(program: assets.Asset, environment: Record<string, string>): string[] {
    const variables = Object.entries({ AWS_REGION: this.region, ...environment }).map(([name, value]) => `${name}='${value}'`);
    return [
      "set -eu",
      "install -d /opt/kaiwa /etc/kaiwa",
      `aws s3 cp s3://${program.s3BucketName}/${program.s3ObjectKey} /opt/kaiwa/kaiwa.zip`,
      "python3 -m zipfile -e /opt/kaiwa/kaiwa.zip /opt/kaiwa",
      "chmod 755 /opt/kaiwa /opt/kaiwa/bootstrap",
      `cat > /etc/kaiwa/environment <<'KAIWA'\n${variables.join("\n")}\nKAIWA`,
      "chmod 600 /etc/kaiwa/environment",
      `cat > /etc/systemd/system/kaiwa.service <<'KAIWA'\n${unit}\nKAIWA`,
      "systemctl daemon-reload",
      "systemctl enable --now kaiwa",
    ];
  }
}

const unit = `[Unit]
Description=Kaiwa chat server
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/opt/kaiwa/bootstrap serve --listen 127.0.0.1:8080 --data %S/kaiwa
EnvironmentFile=/etc/kaiwa/environment
DynamicUser=yes
StateDirectory=kaiwa
Restart=on-failure
RestartSec=1
TimeoutStopSec=40
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateDevices=yes

[Install]
WantedBy=multi-user.target`;
