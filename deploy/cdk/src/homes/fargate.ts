import { Annotations, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecrAssets from "aws-cdk-lib/aws-ecr-assets";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as elb from "aws-cdk-lib/aws-elasticloadbalancingv2";
import * as logs from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { grantModels, modelEnvironment, modelFindings } from "../parts/models.js";
import { makeClosedVpc } from "../parts/closed-vpc.js";
import { Secrets } from "../parts/secrets.js";
import { Storage } from "../parts/storage.js";
import { acknowledge } from "../rules.js";
import type { Settings } from "../settings.js";

const port = 8080;

/**
 * One to five tasks behind an internal load balancer, in subnets that no route leads out of: AWS is reached through VPC
 * endpoints, people come from the company's address ranges.
 */
export class FargateStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps) {
    super(scope, id, props);
    const storage = new Storage(this, "Storage", settings);
    const secrets = new Secrets(this, "Secrets", settings);
    if (settings.modelRegion && !settings.vpcId)
      Annotations.of(this).addError(
        "modelRegion: the VPC that this stack makes has endpoints in its own region only; name a VPC with a way out by vpcId, or leave modelRegion out",
      );
    const vpc = settings.vpcId ? ec2.Vpc.fromLookup(this, "Vpc", { vpcId: settings.vpcId }) : makeClosedVpc(this, "Vpc");
    const cluster = new ecs.Cluster(this, "Cluster", { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });

    const task = new ecs.FargateTaskDefinition(this, "Task", { cpu: 256, memoryLimitMiB: 512 });
    storage.grant(task.taskRole);
    secrets.grant(task.taskRole);
    grantModels(this, task.taskRole);
    task.addVolume({ name: "scratch" });
    const container = task.addContainer("kaiwa", {
      image: ecs.ContainerImage.fromAsset(settings.imageFolder, { file: "Containerfile", platform: ecrAssets.Platform.LINUX_AMD64 }),
      portMappings: [{ containerPort: port }],
      readonlyRootFilesystem: true,
      environment: {
        ...storage.environment(),
        ...secrets.environment(),
        ...modelEnvironment(this, settings),
        KAIWA_SERVER__TRUSTED_PROXIES: Stack.of(this).toJsonString([vpc.vpcCidrBlock]),
        KAIWA_LOG__FORMAT: "json",
      },
      healthCheck: { command: ["CMD", "/kaiwa", "check", "health"], interval: Duration.seconds(30), timeout: Duration.seconds(5), startPeriod: Duration.seconds(10) },
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: "kaiwa",
        logGroup: new logs.LogGroup(this, "Logs", { retention: logs.RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.RETAIN }),
      }),
      stopTimeout: Duration.seconds(60),
    });
    container.addMountPoints({ sourceVolume: "scratch", containerPath: "/data", readOnly: false });

    const balancer = this.makeBalancer(vpc, settings);
    // The API answers under this name only.
    container.addEnvironment("KAIWA_SERVER__PUBLIC_URL", settings.address ?? `http://${balancer.balancer.loadBalancerDnsName}`);
    const service = new ecs.FargateService(this, "Service", {
      cluster,
      taskDefinition: task,
      assignPublicIp: false,
      vpcSubnets: vpc.selectSubnets({ subnetType: settings.vpcId ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED }),
      desiredCount: 1,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriod: Duration.seconds(60),
    });
    const scaling = service.autoScaleTaskCount({ minCapacity: 1, maxCapacity: 5 });
    scaling.scaleOnCpuUtilization("Cpu", {
      targetUtilizationPercent: 70,
      scaleOutCooldown: Duration.seconds(60),
      scaleInCooldown: Duration.seconds(300),
    });
    balancer.listener.addTargets("Kaiwa", {
      port,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [service],
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        path: "/",
        interval: Duration.seconds(30),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    acknowledge(task, {
      ...modelFindings,
      "AwsSolutions-ECS2": "The variables are names of tables and references to secrets; Kaiwa resolves them itself.",
    });
    new CfnOutput(this, "Address", { value: balancer.balancer.loadBalancerDnsName });
    new CfnOutput(this, "AdministratorPassword", { value: secrets.administrator.secretName });
  }

  private makeBalancer(vpc: ec2.IVpc, settings: Settings) {
    const group = new ec2.SecurityGroup(this, "BalancerGroup", { vpc, allowAllOutbound: false, description: "Kaiwa: from the company only" });
    const balancer = new elb.ApplicationLoadBalancer(this, "Balancer", {
      vpc,
      internetFacing: false,
      securityGroup: group,
      vpcSubnets: vpc.selectSubnets({ subnetType: settings.vpcId ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED }),
      // Longer than the pause between two heartbeats, many times.
      idleTimeout: Duration.seconds(120),
      dropInvalidHeaderFields: true,
      deletionProtection: true,
    });
    const secure = settings.certificateArn !== undefined;
    const listener = balancer.addListener("Listener", {
      open: false,
      port: secure ? 443 : 80,
      protocol: secure ? elb.ApplicationProtocol.HTTPS : elb.ApplicationProtocol.HTTP,
      ...(settings.certificateArn
        ? { certificates: [acm.Certificate.fromCertificateArn(this, "Certificate", settings.certificateArn)], sslPolicy: elb.SslPolicy.RECOMMENDED_TLS }
        : {}),
    });
    for (const range of settings.companyRanges) group.addIngressRule(ec2.Peer.ipv4(range), ec2.Port.tcp(secure ? 443 : 80), "the company");
    acknowledge(balancer, {
      "AwsSolutions-ELB2": "Kaiwa writes a line for every request, with the person who asked, to CloudWatch.",
    });
    return { balancer, listener };
  }
}
