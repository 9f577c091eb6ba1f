# docker build -t segmentation . && docker run --rm -v "$PWD/data/raw:/work/raw" -v "$PWD/out:/work/out" segmentation
FROM python:3.11-slim
WORKDIR /project
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps -e .
ENV DO_NOT_TRACK=1 \
    RAW_DATA_DIR=/work/raw \
    WAREHOUSE_PATH=/work/out/customer_segmentation.duckdb \
    REPORT_DIR=/work/out/reports
ENTRYPOINT ["segmentation"]
CMD ["build"]
