PRAGMA application_id = 1181901155;
PRAGMA user_version = 10;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,  -- version of fractal
    manifest TEXT NOT NULL,  -- fingerprint of the manifest of all variants
    command_line TEXT NOT NULL,  -- the command as it was given
    machine TEXT NOT NULL,  -- processor, device and operating system
    created TEXT NOT NULL,  -- when it began, UTC
    ended TEXT NOT NULL,  -- when it ended, UTC; empty: it goes on, or its process died
    stopped TEXT NOT NULL,  -- why it ended before its plan was done
    CHECK (created <> '')
) STRICT;
CREATE TABLE recipe (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,  -- the whole recipe as JSON
    epochs INTEGER NOT NULL,  -- passes over the training images
    batch INTEGER NOT NULL,  -- images in one step
    optimizer TEXT NOT NULL CHECK (optimizer IN ('sgd', 'muon')),  -- what makes steps of gradients: SGD for all weights, or orthogonal steps (Muon) for the filters of convolutions and SGD for the others
    lr REAL,  -- learning rate; the highest one where a schedule moves it
    muon_lr REAL,  -- optimizer muon: the rate of convolutions in the place of lr, moved by the schedule alike
    head_inputs INTEGER NOT NULL,  -- inputs of the head up to which its weights learn at lr; with more, at lr * this / their number; 0: at lr however many there are
    momentum REAL,  -- momentum of SGD
    nesterov INTEGER NOT NULL,  -- Nesterov's form of momentum
    weight_decay REAL,  -- L2 penalty on all weights that SGD trains
    decoupled_decay INTEGER NOT NULL,  -- weight decay beside the gradient: each step multiplies weights by 1 - rate * weight decay
    schedule TEXT NOT NULL CHECK (schedule IN ('constant', 'step', 'halving', 'cosine', 'one-cycle')),  -- how the learning rate moves
    step_epochs INTEGER NOT NULL,  -- schedule step: epochs from one drop to the next, in epochs
    step_factor REAL,  -- schedules step and halving: what each drop multiplies the rate by
    warmup REAL,  -- schedule one-cycle: part of all steps in which the rate rises
    start_factor REAL,  -- schedule one-cycle: first rate, as a part of lr
    end_factor REAL,  -- schedules cosine and one-cycle: last rate, as a part of lr
    clip_norm REAL,  -- norm that the gradient of all weights is clipped at; 0 is never
    label_smoothing REAL,  -- part of each target spread over all classes
    weight_average REAL,  -- factor of a moving average of the weights from step to step, which is what is evaluated and kept; 0 takes the last weights
    drop_path TEXT NOT NULL CHECK (drop_path IN ('none', 'local', 'global', 'mixed', 'as-typed')),  -- how paths are dropped while training; as-typed: by the variant's type
    drop_path_probability REAL,  -- that a value falls at a join, in local drop-path
    init TEXT NOT NULL CHECK (init IN ('torch-default', 'xavier', 'keep-variance')),  -- how weights begin
    init_weights INTEGER NOT NULL,  -- hash of the file of weights that training begins from; 0 begins by init
    amp TEXT NOT NULL CHECK (amp IN ('off', 'bf16', 'fp16', 'auto')),  -- mixed precision
    checkpoint TEXT NOT NULL CHECK (checkpoint IN ('none', 'auto', 'full')),  -- which activations are computed again in the backward pass: all of each unit (full) or as few as memory needs (auto)
    kernels TEXT NOT NULL CHECK (kernels IN ('auto', 'direct', 'reference')),  -- what computes on a CPU: kernels that fuse pointwise layers and joins, and 3x3 convolutions in bf16 by kernels of its own where they are faster, with Winograd's filtering (auto) or without (direct), or LibTorch's own operators (reference)
    flip TEXT NOT NULL CHECK (flip IN ('none', 'random', 'alternating')),  -- horizontal flips of training images
    translate INTEGER NOT NULL,  -- furthest translation of training images, in pixels
    pad TEXT NOT NULL CHECK (pad IN ('zero', 'reflect')),  -- what stands where a translated image has no pixel
    validation_images INTEGER NOT NULL,  -- training images held out to choose by; 0 trains on all, and ranks by test accuracy, in images
    seed INTEGER NOT NULL,  -- seed of initialisation, order, augmentation, dropout and drop-path
    CHECK (json_valid(identity))
) STRICT;
CREATE TABLE trial (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,  -- that began or continued it last
    recipe INTEGER NOT NULL REFERENCES recipe,
    seedless INTEGER NOT NULL REFERENCES recipe,  -- the same with seed 0: equal for repetitions
    recipe_label TEXT NOT NULL,  -- what the recipe was called
    variant TEXT NOT NULL,  -- name of the variant
    fingerprint TEXT NOT NULL,  -- canonical fingerprint of the network, hexadecimal
    family TEXT NOT NULL,  -- family of the variant
    depth INTEGER NOT NULL,  -- number of units
    columns INTEGER NOT NULL,  -- columns of each unit's fractal
    layer_order TEXT NOT NULL,  -- layers of one firing, joined by dots
    parameters INTEGER NOT NULL,  -- trainable scalars
    macs INTEGER NOT NULL,  -- multiply-accumulates of one image, forward
    activation_bytes INTEGER NOT NULL,  -- saved for the backward pass, of one image in fp32, in bytes
    data TEXT NOT NULL,  -- data set, and the part of it that is used; a file's ends in its hash
    data_file TEXT NOT NULL,  -- path of the data file; empty for other data sets
    init_weights_file TEXT NOT NULL,  -- path of the file of weights that training begins from; empty: from none
    train_images INTEGER NOT NULL,  -- training images without those held out
    validation_images INTEGER NOT NULL,  -- training images held out; 0: judged by test accuracy
    pixel_mean TEXT NOT NULL,  -- what images are normalised by: mean of each channel, pixels being 0 to 1
    pixel_std TEXT NOT NULL,  -- likewise, the standard deviation
    disposition TEXT NOT NULL CHECK (disposition IN ('pending', 'running', 'finished', 'paused', 'pruned', 'failed', 'skipped', 'timed-out', 'interrupted')),  -- where the trial stands
    reason TEXT NOT NULL,  -- why it is not finished
    test_accuracy REAL,  -- part of the test set that the last weights get right
    test_loss REAL,  -- mean cross-entropy on the test set
    latency REAL,  -- median time of evaluating one image by itself, where and as the trial was trained, in seconds
    best_validation_accuracy REAL,  -- highest of all epochs
    last_validation_accuracy REAL,  -- of the last epoch
    epochs_done INTEGER NOT NULL,  -- last epoch that is recorded
    seconds REAL,  -- time of all recorded epochs, in seconds
    images_per_second REAL,  -- training images in a second, mean over the epochs; 0: not measured
    peak_bytes INTEGER NOT NULL,  -- most memory that tensors took at once; 0: not measured, in bytes
    predicted_peak_bytes INTEGER NOT NULL,  -- what peak_bytes was expected to be before the trial began; 0: not predicted, in bytes
    started TEXT NOT NULL,  -- first begun, UTC
    ended TEXT NOT NULL,  -- last ended, UTC
    -- which accuracy `score` is
    judged_by TEXT AS (iif(validation_images > 0, 'validation', 'test')),
    score REAL AS (iif(validation_images > 0, last_validation_accuracy, test_accuracy)),
    UNIQUE (fingerprint, recipe, data)
) STRICT;
CREATE INDEX trial_by_disposition ON trial (disposition);
CREATE INDEX trial_by_variant ON trial (variant);
CREATE INDEX trial_by_score ON trial (data, judged_by, fingerprint, seedless, score)
    WHERE disposition = 'finished' AND score IS NOT NULL;
CREATE TABLE epoch (
    trial INTEGER NOT NULL REFERENCES trial,
    epoch INTEGER NOT NULL,  -- epochs trained, from 1
    train_loss REAL,  -- mean cross-entropy of the epoch's steps; NULL: not a number
    train_accuracy REAL,  -- part of the epoch's training images got right in training
    validation_loss REAL,  -- mean cross-entropy on the images held out
    validation_accuracy REAL,  -- part of the images held out got right
    lr REAL,  -- learning rate of the epoch's last step
    images_per_second REAL,  -- training images in a second of the epoch
    macs REAL,  -- multiply-accumulates run for one training image, forward; drop-path saves some
    seconds REAL,  -- time of the epoch with its validation, in seconds
    PRIMARY KEY (trial, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE plan (
    position INTEGER PRIMARY KEY,  -- in the order of training, from 0
    trial INTEGER NOT NULL UNIQUE REFERENCES trial
) STRICT;
CREATE TABLE progress (
    trial INTEGER PRIMARY KEY REFERENCES trial,
    epoch INTEGER NOT NULL,  -- epochs done
    step INTEGER NOT NULL,  -- steps done of the epoch under way
    steps INTEGER NOT NULL,  -- steps of an epoch
    loss REAL,  -- mean training loss of the epoch so far
    images_per_second REAL,  -- training images in a second
    told TEXT NOT NULL,  -- when that was, UTC
    CHECK (told <> '')
) STRICT;

CREATE VIEW trials AS
    SELECT trial.id AS id, trial.variant, trial.fingerprint, trial.family, trial.depth, trial.columns, trial.layer_order, trial.parameters, trial.macs, trial.activation_bytes, trial.data, trial.data_file, trial.init_weights_file, trial.train_images, trial.validation_images, trial.pixel_mean, trial.pixel_std, recipe_label, recipe.epochs, recipe.batch, recipe.optimizer, recipe.lr, recipe.muon_lr, recipe.head_inputs, recipe.momentum, recipe.nesterov, recipe.weight_decay, recipe.decoupled_decay, recipe.schedule, recipe.step_epochs, recipe.step_factor, recipe.warmup, recipe.start_factor, recipe.end_factor, recipe.clip_norm, recipe.label_smoothing, recipe.weight_average, recipe.drop_path, recipe.drop_path_probability, recipe.init, recipe.init_weights, recipe.amp, recipe.checkpoint, recipe.kernels, recipe.flip, recipe.translate, recipe.pad, recipe.seed, seedless, trial.disposition, trial.reason, trial.test_accuracy, trial.test_loss, trial.latency, trial.best_validation_accuracy, trial.last_validation_accuracy, trial.epochs_done, trial.seconds, trial.images_per_second, trial.peak_bytes, trial.predicted_peak_bytes, trial.started, trial.ended, judged_by,
        score
    FROM trial JOIN recipe ON recipe.id = trial.recipe;
CREATE VIEW epochs AS
    SELECT trial.id AS trial, trial.variant, trial.data, trial.recipe_label, recipe.seed, epoch.epoch, epoch.train_loss, epoch.train_accuracy, epoch.validation_loss, epoch.validation_accuracy, epoch.lr, epoch.images_per_second, epoch.macs, epoch.seconds
    FROM epoch JOIN trial ON trial.id = epoch.trial JOIN recipe ON recipe.id = trial.recipe;
CREATE VIEW best AS
    SELECT data, judged_by, variant, fingerprint, recipe_label, seedless,
        count(*) AS seeds, avg(score) AS mean_score, max(score) AS best_score,
        avg(test_accuracy) AS mean_test_accuracy, avg(seconds) AS mean_seconds, parameters, macs,
        activation_bytes, avg(nullif(images_per_second, 0)) AS mean_images_per_second,
        avg(latency) AS mean_latency
    FROM trial WHERE disposition = 'finished' AND score IS NOT NULL AND TRUE
    GROUP BY data, judged_by, fingerprint, seedless;
