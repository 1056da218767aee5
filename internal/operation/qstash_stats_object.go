package operation

var qstashStats = &Object{
	Name: "QStashStats",
	Fields: []Out{
		{Name: "dlq_message_count", Type: OutInteger, Help: "messages in the dead letter queue", Example: 0},
		{Name: "total_monthly_billing", Type: OutNumber, Help: "cost this month, in US dollars", Example: 5.8},
		{Name: "daily_requests", Type: OutPoints, Help: "messages by day"},
		{Name: "daily_billings", Type: OutPoints, Help: "cost by day, in US dollars"},
		{Name: "daily_bandwidths", Type: OutPoints, Help: "bandwidth by day, in bytes"},
		{Name: "daily_used", Type: OutPoints, Help: "messages by day that count toward the plan"},
		{Name: "daily_used_workflow", Type: OutPoints, Help: "workflow messages by day that count toward the plan"},
		{Name: "daily_bandwidth_used", Type: OutPoints, Help: "bandwidth by day that counts toward the plan, in bytes"},
		{Name: "daily_qstash_messages", Type: OutSeries, Help: "messages by day and outcome"},
		{Name: "daily_workflow_messages", Type: OutSeries, Help: "workflow messages by day and outcome"},
		{Name: "days", Type: OutTexts, Help: "the days of the series by day", Example: []string{"Sunday", "Monday"}},
	},
}
