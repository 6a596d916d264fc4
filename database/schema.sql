CREATE TABLE about (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

CREATE TABLE architectures (
    arch BIGINT NOT NULL,
    channel_squeeze ENUM('gap', 'l2-norm', 'p-norm', 'gap+gmp', 'gap+std', 'skewpooling', '2nd-order-pooling') NOT NULL,
    channel_excite ENUM('3conv1d_3', '2conv_1x1', 'conv1d_3', 'conv1d_5', 'conv1d_7', '2conv1d_3', 'affine') NOT NULL,
    channel_gate ENUM('3conv1d_3', '2conv_1x1', 'conv1d_3', 'conv1d_5', 'conv1d_7', '2conv1d_3', 'affine') NOT NULL,
    gated_squeeze ENUM('gap', 'l2-norm', 'p-norm', 'gap+gmp', 'gap+std', 'skewpooling', '2nd-order-pooling') NOT NULL,
    spatial_squeeze ENUM('gap', 'l2-norm', 'p-norm', 'gap+gmp', 'gap+std', 'skewpooling', '2nd-order-pooling') NOT NULL,
    spatial_excite ENUM('conv_3x1_1x3', 'conv_5x1_1x5', 'conv_3x3', 'conv_5x5', 'conv_7x7', '2conv_3x3', 'affine') NOT NULL,
    is_tied BOOLEAN NOT NULL,
    text VARCHAR GENERATED ALWAYS AS (channel_squeeze::VARCHAR || '/' || channel_excite::VARCHAR || '/' || channel_gate::VARCHAR || '/' || gated_squeeze::VARCHAR || '/' || spatial_squeeze::VARCHAR || '/' || spatial_excite::VARCHAR) VIRTUAL
);

CREATE TABLE proxies (
    proxy VARCHAR PRIMARY KEY,
    recipe_hash VARCHAR NOT NULL,
    dataset VARCHAR NOT NULL,
    resolution BIGINT NOT NULL,
    trunk VARCHAR NOT NULL,
    epochs BIGINT NOT NULL,
    train_size BIGINT NOT NULL,
    val_size BIGINT NOT NULL,
    test_size BIGINT NOT NULL,
    recipe VARCHAR NOT NULL,
    splits VARCHAR NOT NULL,
    description VARCHAR NOT NULL
);

CREATE TABLE runs (
    arch BIGINT NOT NULL,
    proxy VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    train_loss DOUBLE,
    val_loss DOUBLE,
    val_top1 DOUBLE,
    test_loss DOUBLE,
    test_top1 DOUBLE,
    train_seconds DOUBLE,
    eval_seconds DOUBLE,
    peak_memory BIGINT,
    path VARCHAR NOT NULL,
    device VARCHAR NOT NULL,
    threads BIGINT NOT NULL,
    started_at VARCHAR NOT NULL,
    recipe_hash VARCHAR NOT NULL,
    package_version VARCHAR NOT NULL,
    torch_version VARCHAR NOT NULL,
    git_revision VARCHAR,
    PRIMARY KEY (arch, proxy, seed)
);

CREATE TABLE epochs (
    arch BIGINT NOT NULL,
    proxy VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    train_loss DOUBLE,
    val_loss DOUBLE,
    val_top1 DOUBLE,
    seconds DOUBLE,
    PRIMARY KEY (arch, proxy, seed, epoch)
);

CREATE TABLE costs (
    arch BIGINT NOT NULL,
    trunk VARCHAR NOT NULL,
    params BIGINT NOT NULL,
    flops BIGINT NOT NULL,
    latency DOUBLE -- seconds
);

CREATE TABLE calibrations (
    proxy VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    blocks BIGINT NOT NULL,
    seeds BIGINT NOT NULL,
    icc DOUBLE,
    icc_low DOUBLE,
    icc_high DOUBLE,
    reliability DOUBLE,
    reliability_low DOUBLE,
    reliability_high DOUBLE,
    reference VARCHAR,
    reference_blocks BIGINT,
    validity DOUBLE,
    validity_low DOUBLE,
    validity_high DOUBLE,
    unscored BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    seconds DOUBLE NOT NULL
);

CREATE TABLE IF NOT EXISTS predictions (
    proxy VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    predictor VARCHAR NOT NULL,
    arch BIGINT NOT NULL,
    mean DOUBLE NOT NULL,
    sd DOUBLE NOT NULL
);

CREATE TABLE IF NOT EXISTS modules (
    arch BIGINT PRIMARY KEY,
    module VARCHAR NOT NULL,
    title VARCHAR,
    year BIGINT,
    reference VARCHAR
);

CREATE TABLE IF NOT EXISTS module_runs (
    arch BIGINT NOT NULL,
    proxy VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    train_loss DOUBLE,
    val_loss DOUBLE,
    val_top1 DOUBLE,
    test_loss DOUBLE,
    test_top1 DOUBLE,
    train_seconds DOUBLE,
    eval_seconds DOUBLE,
    peak_memory BIGINT,
    path VARCHAR NOT NULL,
    device VARCHAR NOT NULL,
    threads BIGINT NOT NULL,
    started_at VARCHAR NOT NULL,
    recipe_hash VARCHAR NOT NULL,
    package_version VARCHAR NOT NULL,
    torch_version VARCHAR NOT NULL,
    git_revision VARCHAR,
    PRIMARY KEY (arch, proxy, seed)
);

CREATE TABLE IF NOT EXISTS module_epochs (
    arch BIGINT NOT NULL,
    proxy VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    train_loss DOUBLE,
    val_loss DOUBLE,
    val_top1 DOUBLE,
    seconds DOUBLE,
    PRIMARY KEY (arch, proxy, seed, epoch)
);

CREATE VIEW validation_runs AS SELECT * EXCLUDE (test_loss, test_top1) FROM runs;

CREATE VIEW scores AS
SELECT
    arch,
    proxy,
    count(*) AS runs,
    count(*) FILTER (status = 'ok') AS seeds,
    count(*) FILTER (status = 'diverged') AS diverged,
    count(*) FILTER (status = 'failed') AS failed,
    avg(val_top1 ORDER BY seed) FILTER (status = 'ok') AS val_top1,
    stddev_samp(val_top1 ORDER BY seed) FILTER (status = 'ok') AS val_top1_sd,
    avg(val_loss ORDER BY seed) FILTER (status = 'ok') AS val_loss,
    stddev_samp(val_loss ORDER BY seed) FILTER (status = 'ok') AS val_loss_sd,
    avg(train_seconds ORDER BY seed) FILTER (status = 'ok') AS train_seconds,
    stddev_samp(train_seconds ORDER BY seed) FILTER (status = 'ok') AS train_seconds_sd
FROM runs
GROUP BY arch, proxy;
