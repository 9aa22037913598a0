// Waits for an alert, takes care of it, and sees the feed tell so.
import { PerformanceMonitoringService } from 'perfmon-client';

const monitoring = new PerformanceMonitoringService(process.env.PERFMON_URL!, process.env.PERFMON_TOKEN!, {
  eventInterval: 50,
  fetch: async (address, how) => {
    const answer = await fetch(address, how);
    if (String(address).endsWith('/monitoring/events')) setTimeout(() => console.log('watching'));
    return answer;
  },
});
const rule = await monitoring.createAlertRule({
  name: 'hot',
  metricType: 'cpu_usage',
  condition: 'greater_than',
  threshold: 50,
});
await monitoring.updateAlertRule(rule.id, { threshold: 90, severity: 'high' });

const awake = setInterval(() => {}, 1000);
monitoring.on('alertTriggered', async alert => {
  console.log('alertTriggered', alert.state);
  await monitoring.acknowledgeAlert(alert.id, 'by us');
});
monitoring.on('alertAcknowledged', async alert => {
  console.log('alertAcknowledged', alert.acknowledgementComment);
  await monitoring.resolveAlert(alert.id);
});
monitoring.on('alertResolved', async alert => {
  console.log('alertResolved', alert.resolvedReason);
  console.log('active', (await monitoring.getActiveAlerts()).length);
  clearInterval(awake);
});
