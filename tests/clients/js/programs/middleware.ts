// An app with the client's own middleware.
import express from 'express';
import { PerformanceMonitoringService, monitoringMiddleware } from 'perfmon-client';

const app = express();
const monitoring = new PerformanceMonitoringService(process.env.PERFMON_URL!, process.env.PERFMON_TOKEN!);

app.use(monitoringMiddleware(monitoring));
