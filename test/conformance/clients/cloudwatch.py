import time

from harness import aws, equal, holds, main

ALARM = ["--alarm-name", "errors"]
RULE = [
    *["--namespace", "App", "--metric-name", "Errors", "--statistic", "Sum", "--period", "60"],
    *["--evaluation-periods", "1", "--threshold", "3", "--comparison-operator", "GreaterThanThreshold"],
]


def cw(operation, *args, **options):
    return aws("cloudwatch", operation, *args, **options)


def state():
    return cw("describe-alarms", "--alarm-names", "errors")["MetricAlarms"][0]["StateValue"]


def check_alarms():
    cw("put-metric-alarm", *ALARM, *RULE)
    alarm = cw("describe-alarms", "--alarm-name-prefix", "err")["MetricAlarms"][0]
    equal((alarm["StateValue"], alarm["Threshold"], alarm["ActionsEnabled"]), ("INSUFFICIENT_DATA", 3.0, True))
    equal(alarm["AlarmArn"], "arn:aws:cloudwatch:us-west-2:000000000000:alarm:errors")
    cw("put-metric-alarm", "--alarm-name", "x", *RULE, "--extended-statistic", "p99", fails="ValidationError")
    cw("set-alarm-state", *ALARM, "--state-value", "OK", "--state-reason", "try")
    equal(state(), "OK")
    cw("set-alarm-state", "--alarm-name", "none", "--state-value", "OK", "--state-reason", "try", fails="ResourceNotFound")
    cw("set-alarm-state", *ALARM, "--state-value", "LOUD", "--state-reason", "try", fails="ValidationError")
    cw("disable-alarm-actions", "--alarm-names", "errors")
    equal(cw("describe-alarms")["MetricAlarms"][0]["ActionsEnabled"], False)
    cw("enable-alarm-actions", "--alarm-names", "errors")
    equal(len(cw("describe-alarms-for-metric", "--namespace", "App", "--metric-name", "Errors")["MetricAlarms"]), 1)
    equal(cw("describe-alarms", region="eu-west-1")["MetricAlarms"], [])


def check_metrics():
    cw("put-metric-data", "--namespace", "App", "--metric-name", "Errors", "--value", "1")
    equal(state(), "OK")
    cw("put-metric-data", "--namespace", "App", "--metric-name", "Errors", "--value", "9")
    equal(state(), "ALARM")
    now = int(time.time())
    window = ["--start-time", now - 300, "--end-time", now + 60, "--period", "3600"]
    points = cw("get-metric-statistics", "--namespace", "App", "--metric-name", "Errors", *window, "--statistics", "Sum", "Maximum")
    equal(sum(p["Sum"] for p in points["Datapoints"]), 10.0)
    query = '[{"Id":"e","MetricStat":{"Metric":{"Namespace":"App","MetricName":"Errors"},"Period":3600,"Stat":"Sum"}}]'
    data = cw("get-metric-data", "--metric-data-queries", query, "--start-time", now - 300, "--end-time", now + 60)
    equal(sum(data["MetricDataResults"][0]["Values"]), 10.0)
    equal([m["MetricName"] for m in cw("list-metrics", "--namespace", "App")["Metrics"]], ["Errors"])


def check_history_and_deletion():
    items = cw("describe-alarm-history", *ALARM, "--history-item-type", "StateUpdate")["AlarmHistoryItems"]
    holds("from OK to ALARM" in items[0]["HistorySummary"], "newest first")
    cw("delete-alarms", "--alarm-names", "errors")
    equal(cw("describe-alarms", "--alarm-names", "errors")["MetricAlarms"], [])


main(globals())
