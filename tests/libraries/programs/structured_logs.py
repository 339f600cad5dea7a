"""loguru and structlog log; they patch nothing."""

import io
import logging

import structlog
from loguru import logger
from snapshot import differences

EXPECT = {"needs": ["loguru", "structlog"]}

stream = io.StringIO()

with differences():
    logger.remove()
    logger.add(stream, format="{message}")
    logger.level("SHOP", no=33)
    logger.bind(a=1).log("SHOP", "hello")
    logging.basicConfig(stream=stream)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    structlog.get_logger("shop").warning("closed", until=9)
    assert "hello" in stream.getvalue()
    assert "closed" in stream.getvalue()
