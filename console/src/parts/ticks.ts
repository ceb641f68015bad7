// What stands below a chart's axis of time: the hour, and the day where one begins or steps are days.
export function tickText(seconds: number, step: number, tag: string): string {
  const date = new Date(seconds * 1000);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  if (step >= 86_400 || midnight) return date.toLocaleDateString(tag, { day: 'numeric', month: 'short' });
  return date.toLocaleTimeString(tag, { hour: '2-digit', minute: '2-digit', ...(step < 60 && { second: '2-digit' }), hour12: false });
}
