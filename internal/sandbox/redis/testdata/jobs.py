# Adds jobs to a queue of rq's, and works on them until there are none.
import sys

from redis import Redis
from rq import Queue, Worker

connection = Redis.from_url(sys.argv[1])
queue = Queue(connection=connection)
jobs = [queue.enqueue("operator.add", 2, n) for n in range(3)]
wrong = queue.enqueue("operator.truediv", 1, 0)
Worker([queue], connection=connection).work(burst=True, logging_level="CRITICAL")
print([job.result for job in jobs], wrong.get_status(refresh=True))
