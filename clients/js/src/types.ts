// What goes over the wire, in the words of docs/api.md.

/** One sample. Left out: `unit` = the metric's usual one, `timestamp` = now. */
export interface Metric {
  metricType: string;
  value: number;
  unit?: string;
  tags?: Record<string, string>;
  /** A Date, ISO 8601 with a zone, or epoch milliseconds. */
  timestamp?: Date | string | number;
}

/** A sample that the service has accepted, as `metricRecorded` tells it. */
export interface RecordedMetric {
  metricType: string;
  value: number;
  unit?: string;
  tags: Record<string, string>;
  /** ISO 8601, UTC. */
  timestamp: string;
}

/** What `recordMetric` resolves to; `reason` says why a sample was not taken. */
export type RecordResult = { accepted: true } | { accepted: false; reason: string };

export type Condition =
  | 'greater_than'
  | 'greater_than_or_equal'
  | 'less_than'
  | 'less_than_or_equal'
  | 'equal'
  | 'not_equal'
  | 'outside_range'
  | 'percent_increase'
  | 'percent_decrease';

export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** One of several conditions of a rule. */
export interface RuleCondition {
  metricType: string;
  condition: Condition;
  threshold: number;
  thresholdHigh?: number;
  aggregation?: string;
  window?: number;
  compareTo?: number;
  tags?: Record<string, string>;
}

/** The fields of a rule that can be written; durations are seconds. */
export interface AlertRuleInput extends Partial<RuleCondition> {
  name: string;
  conditions?: RuleCondition[];
  match?: 'all' | 'any';
  groupBy?: string[];
  duration?: number;
  recoveryThreshold?: number | null;
  keepFiringFor?: number;
  noData?: 'ignore' | 'alert' | 'keep' | null;
  severity?: Severity;
  recipients?: string[];
  channels?: string[];
  escalation?: { after: number; channels: string[] }[];
  cooldownPeriod?: number | null;
  repeatInterval?: number;
  description?: string;
  runbookUrl?: string;
  enabled?: boolean;
}

/** A change: what is named is changed, null sets a field back to its default. */
export type AlertRuleChange = { [Field in keyof AlertRuleInput]?: AlertRuleInput[Field] | null };

export interface AlertRule extends AlertRuleInput {
  id: string;
  enabled: boolean;
  version: number;
}

/** An alert; which fields are set depends on how far it has come. Instants are ISO 8601. */
export interface Alert {
  id: string;
  ruleId: string;
  ruleName: string;
  metricType: string;
  severity: Severity;
  state: 'pending' | 'firing' | 'resolved';
  tags: Record<string, string>;
  value: number | null;
  unit: string | null;
  threshold: number | null;
  message: string;
  pendingSince: string | null;
  firedAt: string | null;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  acknowledgementComment: string | null;
  acknowledgementExpiresAt: string | null;
  resolvedAt: string | null;
  resolvedReason: string | null;
  resolvedBy: string | null;
  version: number;
}

export interface HealthCheck {
  name: string;
  status: 'pass' | 'warn' | 'fail';
  message: string;
  value?: number | null;
  threshold?: number | null;
}

export interface SystemHealth {
  status: 'healthy' | 'warning' | 'critical';
  checks: HealthCheck[];
}

export type ReportPeriod = 'hourly' | 'daily' | 'weekly' | 'monthly';

/** The part of a report that the specification names; docs/reports.md lists the rest. A figure without data is null. */
export interface PerformanceReport {
  period: ReportPeriod;
  startDate: string;
  endDate: string;
  metrics: {
    averageResponseTime: number | null;
    errorRate: number | null;
    throughput: number | null;
    activeUsers: number | null;
    systemLoad: number | null;
    memoryUsage: number | null;
    cpuUsage: number | null;
    [other: string]: number | null;
  };
  trends: { metricType: string; trend: string; changePercent: number | null; [more: string]: unknown }[];
  alerts: Record<string, unknown>[];
  recommendations: string[];
  [more: string]: unknown;
}

/** What `on` can listen to, and what its callback is given. */
export interface MonitoringEvents {
  alertTriggered: Alert;
  alertAcknowledged: Alert;
  alertResolved: Alert;
  reportGenerated: Record<string, unknown>;
  metricRecorded: RecordedMetric;
}
