PRAGMA application_id=1181901155;
PRAGMA user_version=9;
BEGIN TRANSACTION;
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
INSERT INTO "epoch" VALUES(1,1,1.1538004128002372628e+00,6.20481659544159569463e-01,0.589636083984375,0.7968,2.75213675213674706029e-03,1.34700694175188431247e+02,267800576.0,345.811220559);
INSERT INTO "epoch" VALUES(2,1,1.09941069989802153727e+00,6.33903133903133908511e-01,5.44993466186523445315e-01,0.8098,2.75213675213674706029e-03,4.21186619954840324453e+01,779177984.0,1087.890218479);
INSERT INTO "epoch" VALUES(3,1,1.21847189661444432751e+00,6.18011039886039892365e-01,5.69631756591796878375e-01,0.7946,2.75213675213674706029e-03,9.0899393478808136141e+01,296096768.0,503.375843762);
INSERT INTO "epoch" VALUES(4,1,1.12456436615723820438e+00,0.6109375,NULL,NULL,1.63630769230769246291e-01,5.04761508419318332113e+01,779177984.0,9.8898191015300005802e+02);
INSERT INTO "epoch" VALUES(4,2,6.63176734095964670601e-01,7.69851762820512819374e-01,NULL,NULL,1.60535384615384635331e-01,4.8866693351530187785e+01,779177984.0,1021.554695734);
INSERT INTO "epoch" VALUES(4,3,4.6078510250036530671e-01,8.40284455128205154395e-01,NULL,NULL,1.0773538461538463562e-01,1.77886483570778075602e+01,779177984.0,2806.284042339);
INSERT INTO "epoch" VALUES(4,4,3.23987019214874660821e-01,0.889042467948718,NULL,NULL,5.49353846153846081534e-02,25.7980955412079,779177984.0,1.93502655898199986943e+03);
INSERT INTO "epoch" VALUES(4,5,2.00751152462684184785e-01,9.31770833333333325931e-01,NULL,NULL,2.13538461538462795777e-03,4.40865701555381264134e+01,779177984.0,1132.317617416);
INSERT INTO "epoch" VALUES(5,1,1.12623293262261614522e+00,6.10316506410256365278e-01,NULL,NULL,1.63630769230769246291e-01,4.03141822058595451511e+01,779177984.0,1238.273933008);
INSERT INTO "epoch" VALUES(5,2,6.61562988085624525957e-01,7.72135416666666629659e-01,NULL,NULL,1.60535384615384635331e-01,2.62132102986483843669e+01,779177984.0,1.90438342951800018447e+03);
INSERT INTO "epoch" VALUES(5,3,4.5985296888229176826e-01,8.40865384615384625632e-01,NULL,NULL,1.0773538461538463562e-01,5.72122386244476075498e+01,779177984.0,872.540719223);
INSERT INTO "epoch" VALUES(5,4,0.318030232993456,8.91245993589743545904e-01,NULL,NULL,5.49353846153846081534e-02,5.71830198711988586541e+01,779177984.0,872.986541977);
INSERT INTO "epoch" VALUES(5,5,1.98273970091190104847e-01,9.30769230769230793143e-01,NULL,NULL,2.13538461538462795777e-03,5.67673705330407827327e+01,779177984.0,8.79378531119999934124e+02);
INSERT INTO "epoch" VALUES(6,1,1.135503876362091491e+00,6.11177884615384581223e-01,NULL,NULL,1.63630769230769246291e-01,4.04286690822698489009e+01,779177984.0,1234.767346414);
INSERT INTO "epoch" VALUES(6,2,6.60064860872733305541e-01,7.7355769230769233502e-01,NULL,NULL,1.60535384615384635331e-01,2.63039576306356899233e+01,779177984.0,1897.813281223);
INSERT INTO "epoch" VALUES(6,3,4.6468692769606906312e-01,8.38802083333333281522e-01,NULL,NULL,1.0773538461538463562e-01,5.72023157598293821015e+01,779177984.0,872.692023855);
INSERT INTO "epoch" VALUES(6,4,3.22856440834510038939e-01,8.88000801282051277496e-01,NULL,NULL,5.49353846153846081534e-02,5.74020389080465349724e+01,779177984.0,869.655525194);
INSERT INTO "epoch" VALUES(6,5,1.99860325207312894413e-01,9.31951121794871828463e-01,NULL,NULL,2.13538461538462795777e-03,5.68638425331704411291e+01,779177984.0,8.77886511118999919751e+02);
INSERT INTO "epoch" VALUES(7,1,1.18057437618913141363e+00,6.23931623931623935419e-01,0.556898080444336,0.8122,2.75213675213674706029e-03,3.89715093736754951692e+01,1894535168.0,1178.172745133);
INSERT INTO "epoch" VALUES(8,1,1.66403880700086936883e+00,6.04947916666666696272e-01,NULL,NULL,1.63630769230769246291e-01,2.47674467543787422138e+01,1894535168.0,2.01554892512399987927e+03);
INSERT INTO "epoch" VALUES(8,2,1.29063968811279683457e+00,7.75681089743589735618e-01,NULL,NULL,1.60535384615384635331e-01,1.53752678101864628246e+01,1894535168.0,3246.772793171);
INSERT INTO "epoch" VALUES(8,3,1.1577705291601327886e+00,8.43008814102564119075e-01,NULL,NULL,1.0773538461538463562e-01,4.25824095020210080519e+01,1894535168.0,1172.315138653);
INSERT INTO "epoch" VALUES(8,4,1.07076011514052371609e+00,8.88882211538461586286e-01,NULL,NULL,5.49353846153846081534e-02,4.30139845740184298969e+01,1894535168.0,1160.552871135);
INSERT INTO "epoch" VALUES(8,5,9.94325426450142546563e-01,0.932071314102564,NULL,NULL,2.13538461538462795777e-03,4.25045182051971579548e+01,1894535168.0,1174.463382246);
INSERT INTO "epoch" VALUES(9,1,1.64143987038196659256e+00,6.12720352564102510584e-01,NULL,NULL,1.63630769230769246291e-01,1.70738902868441755344e+01,1894535168.0,2923.762542774);
INSERT INTO "epoch" VALUES(9,2,1.29135523056372614192e+00,7.76061698717948722503e-01,NULL,NULL,1.60535384615384635331e-01,2.93614409784940697542e+01,1894535168.0,1700.189110705);
INSERT INTO "epoch" VALUES(9,3,1.16045096440192985198e+00,8.42808493589743634721e-01,NULL,NULL,1.0773538461538463562e-01,43.3604275522255,1894535168.0,1151.280251708);
INSERT INTO "epoch" VALUES(9,4,1.07040617710504770698e+00,0.88984375,NULL,NULL,5.49353846153846081534e-02,4.2744679790863273185e+01,1894535168.0,1.16786464326299983438e+03);
INSERT INTO "epoch" VALUES(9,5,9.94113471874823906304e-01,9.30769230769230793143e-01,NULL,NULL,2.13538461538462795777e-03,4.22555171367720490156e+01,1894535168.0,1181.384199226);
INSERT INTO "epoch" VALUES(10,1,1.19596464104122590654e+00,5.92570334757834715766e-01,6.67463360595703103506e-01,0.7698,1.63589743589743596974e-01,1.82793161894436025248e+02,267800576.0,250.001557565);
INSERT INTO "epoch" VALUES(10,2,7.37200083640905501347e-01,7.47618411680911698624e-01,4.74955838012695308325e-01,0.8366,1.6055042735042734936e-01,2.62450400830889577722e+02,267800576.0,174.94202428);
INSERT INTO "epoch" VALUES(10,3,5.05147148146588564898e-01,8.27435007122507171217e-01,3.93858319091796860167e-01,0.8652,1.0775042735042733577e-01,2.70654005409296871675e+02,267800576.0,169.764535666);
INSERT INTO "epoch" VALUES(10,4,3.61847113892223737341e-01,8.76379985754985768586e-01,3.51245449829101552552e-01,0.8746,5.4950427350427370754e-02,2.75906678042546786859e+02,267800576.0,166.563327903);
INSERT INTO "epoch" VALUES(10,5,2.4415702120191351554e-01,9.17134081196581241179e-01,3.26339218139648445937e-01,0.8846,2.15042735042736410377e-03,2.95442045454778856594e+01,267800576.0,1.52491830914100023617e+03);
INSERT INTO "epoch" VALUES(11,1,1.67176988389756941977e+00,5.87740384615384581223e-01,7.57949371337890642763e-01,0.7818,1.63589743589743596974e-01,2.29636988564946449282e+02,267800576.0,199.892134162);
INSERT INTO "epoch" VALUES(11,2,1.33888720583032672095e+00,7.62976317663817682479e-01,0.63421953125,0.8346,1.6055042735042734936e-01,2.76662203679933440983e+02,267800576.0,166.181356634);
INSERT INTO "epoch" VALUES(11,3,1.20436713464579359111e+00,8.32532051282051321905e-01,5.61028869628906301514e-01,0.865,1.0775042735042733577e-01,276.524446240507,267800576.0,166.263547821);
INSERT INTO "epoch" VALUES(11,4,1.11549622244984325547e+00,8.82256054131054123779e-01,5.20656826782226578309e-01,0.8802,5.4950427350427370754e-02,2.76360350165647219002e+02,267800576.0,166.353924412);
INSERT INTO "epoch" VALUES(11,5,1.04572642019331629725e+00,9.22231125356125391867e-01,5.04604934692382767202e-01,0.887,2.15042735042736410377e-03,2.8273481393579561428e+02,267800576.0,162.628862832);
INSERT INTO "epoch" VALUES(12,1,1.67718968024620651569e+00,6.03826121794871828463e-01,NULL,NULL,1.63630769230769246291e-01,3.50383981499469712153e+01,1894535168.0,1424.722723536);
INSERT INTO "epoch" VALUES(12,2,1.29492386915744872588e+00,7.74539262820512774965e-01,NULL,NULL,1.60535384615384635331e-01,4.07431098963351416824e+01,1894535168.0,1.22523799827100015138e+03);
INSERT INTO "epoch" VALUES(12,3,1.16152495726560944788e+00,8.41165865384615352162e-01,NULL,NULL,1.0773538461538463562e-01,4.09871142065186120371e+01,1894535168.0,1217.943882498);
INSERT INTO "epoch" VALUES(12,4,1.07193642717141379705e+00,8.88902243589743568108e-01,NULL,NULL,5.49353846153846081534e-02,43.458027977183,1894535168.0,1148.6945688);
INSERT INTO "epoch" VALUES(12,5,9.94319232610555769902e-01,9.31410256410256431891e-01,NULL,NULL,2.13538461538462795777e-03,4.31558803829538817353e+01,1894535168.0,1156.737044511);
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
INSERT INTO "recipe" VALUES(1,'{"epochs":1,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.1,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.0,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":5000,"seed":0}',1,128,'muon',0.2,0.1,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.0,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',5000,0);
INSERT INTO "recipe" VALUES(2,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.1,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.0,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":0,"seed":0}',5,128,'muon',0.2,0.1,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.0,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',0,0);
INSERT INTO "recipe" VALUES(3,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.1,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.0,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":0,"seed":1}',5,128,'muon',0.2,0.1,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.0,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',0,1);
INSERT INTO "recipe" VALUES(4,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.1,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.0,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":0,"seed":2}',5,128,'muon',0.2,0.1,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.0,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',0,2);
INSERT INTO "recipe" VALUES(5,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.2,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.2,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":0,"seed":0}',5,128,'muon',0.2,0.2,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.2,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',0,0);
INSERT INTO "recipe" VALUES(6,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.2,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.2,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":0,"seed":1}',5,128,'muon',0.2,0.2,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.2,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',0,1);
INSERT INTO "recipe" VALUES(7,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.1,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.0,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":5000,"seed":0}',5,128,'muon',0.2,0.1,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.0,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',5000,0);
INSERT INTO "recipe" VALUES(8,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.2,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.2,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":5000,"seed":0}',5,128,'muon',0.2,0.2,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.2,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',5000,0);
INSERT INTO "recipe" VALUES(9,'{"epochs":5,"batch":128,"optimizer":"muon","lr":0.2,"muon_lr":0.2,"head_inputs":512,"momentum":0.9,"nesterov":true,"weight_decay":0.0005,"decoupled_decay":false,"schedule":"one-cycle","step_epochs":30,"step_factor":0.1,"warmup":0.25,"start_factor":0.1,"end_factor":0.01,"clip_norm":3.0,"label_smoothing":0.2,"weight_average":0.99,"drop_path":"as-typed","drop_path_probability":0.15,"init":"keep-variance","init_weights":0,"amp":"auto","checkpoint":"none","kernels":"auto","flip":"alternating","translate":2,"pad":"reflect","validation_images":0,"seed":2}',5,128,'muon',0.2,0.2,512,0.9,1,0.0005,0,'one-cycle',30,0.1,0.25,0.1,0.01,3.0,0.2,0.99,'as-typed',0.15,'keep-variance',0,'auto','none','auto','alternating',2,'reflect',0,2);
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
INSERT INTO "run" VALUES(-3,'0.1.0','6a0a7d63454eefe1','build/bin/fractal train paper/d4-c4-conv3.bn.relu --data cifar10 --recipe fast --epochs 5 --validation-images 0 --seed 2 --label-smoothing 0.2 --muon-lr 0.2 --threads 2 --no-weights --run runs/best/trials/paper-d4-c4-conv3.bn.relu-validation_images-0-seed-2-label_smoothing-0.2-muon_lr-0.2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T23:29:01Z','2026-12-01T01:12:27Z','');
INSERT INTO "run" VALUES(-2,'0.1.0','6a0a7d63454eefe1','build/bin/fractal train paper/d4-c2-conv3.bn.relu --data cifar10 --recipe fast --epochs 5 --label-smoothing 0.2 --muon-lr 0.2 --threads 2 --no-weights --run runs/best/trials/paper-d4-c2-conv3.bn.relu-label_smoothing-0.2-muon_lr-0.2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T23:11:25Z','2026-11-30T23:25:52Z','');
INSERT INTO "run" VALUES(-1,'0.1.0','6a0a7d63454eefe1','build/bin/fractal train paper/d4-c2-conv3.bn.relu --data cifar10 --recipe fast --epochs 5 --threads 2 --no-weights --run runs/best/trials/paper-d4-c2-conv3.bn.relu','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T23:08:55Z','2026-11-30T23:11:25Z','');
INSERT INTO "run" VALUES(0,'0.1.0','6a0a7d63454eefe1','build/bin/fractal train paper/d4-c4-conv3.bn.relu --data cifar10 --recipe fast --epochs 5 --validation-images 0 --seed 1 --label-smoothing 0.2 --muon-lr 0.2 --threads 2 --no-weights --run runs/best/trials/paper-d4-c4-conv3.bn.relu-validation_images-0-seed-1-label_smoothing-0.2-muon_lr-0.2 --save-every 10m','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T20:38:53Z','2026-11-30T22:43:47Z','');
INSERT INTO "run" VALUES(1,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c2-conv3.bn.relu-epochs-1','AMD EPYC, 2 threads, Linux 6.18.44-fc-v857, device cpu','2026-11-29T19:35:04Z','2026-11-29T19:35:04Z','');
INSERT INTO "run" VALUES(2,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c3-conv3.bn.relu-epochs-1','AMD EPYC, 2 threads, Linux 6.18.44-fc-v857, device cpu','2026-11-29T19:53:34Z','2026-11-29T19:53:34Z','');
INSERT INTO "run" VALUES(3,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d5-c2-conv3.bn.relu-epochs-1','AMD EPYC, 2 threads, Linux 6.18.44-fc-v857, device cpu','2026-11-29T20:02:07Z','2026-11-29T20:02:07Z','');
INSERT INTO "run" VALUES(4,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c3-conv3.bn.relu-validation_images-0-seed-0','AMD EPYC, 2 threads, Linux 6.18.44-fc-v857, device cpu','2026-11-29T22:54:31Z','2026-11-29T22:54:31Z','');
INSERT INTO "run" VALUES(5,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c3-conv3.bn.relu-validation_images-0-seed-1','AMD EPYC, 2 threads, Linux 6.18.44-fc-v857, device cpu','2026-11-30T12:31:24Z','2026-11-30T12:31:24Z','');
INSERT INTO "run" VALUES(6,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c3-conv3.bn.relu-validation_images-0-seed-2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v857, device cpu','2026-11-30T12:31:50Z','2026-11-30T12:31:50Z','');
INSERT INTO "run" VALUES(7,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c4-conv3.bn.relu-epochs-1','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T16:54:41Z','2026-11-30T16:54:41Z','');
INSERT INTO "run" VALUES(8,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c4-conv3.bn.relu-validation_images-0-seed-0-label_smoothing-0.2-muon_lr-0.2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T19:22:15Z','2026-11-30T19:22:15Z','');
INSERT INTO "run" VALUES(9,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c4-conv3.bn.relu-validation_images-0-seed-1-label_smoothing-0.2-muon_lr-0.2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T22:43:49Z','2026-11-30T22:43:49Z','');
INSERT INTO "run" VALUES(10,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c2-conv3.bn.relu','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T23:11:25Z','2026-11-30T23:11:25Z','');
INSERT INTO "run" VALUES(11,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c2-conv3.bn.relu-label_smoothing-0.2-muon_lr-0.2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-11-30T23:25:52Z','2026-11-30T23:25:52Z','');
INSERT INTO "run" VALUES(12,'0.1.0','6a0a7d63454eefe1','build/bin/fractal merge runs/best/all runs/best/trials/paper-d4-c4-conv3.bn.relu-validation_images-0-seed-2-label_smoothing-0.2-muon_lr-0.2','AMD EPYC, 2 threads, Linux 6.18.44-fc-v595, device cpu','2026-12-01T01:12:28Z','2026-12-01T01:12:28Z','');
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
INSERT INTO "trial" VALUES(1,1,1,1,'fast epochs=1','paper/d4-c2-conv3.bn.relu','3480da387a9d0999','paper',4,2,'conv3.bn.relu',6259722,267800576,3821568,'cifar10','','',45000,5000,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.7934,5.99131262207031278776e-01,0.7968,0.7968,1,345.811220559,1.34700694175188431247e+02,280171776,253463552,'2026-11-29T19:29:07Z','2026-11-29T19:35:04Z');
INSERT INTO "trial" VALUES(2,2,1,1,'fast epochs=1','paper/d4-c3-conv3.bn.relu','aaba8555bd7986da','paper',4,3,'conv3.bn.relu',17217738,779177984,8245248,'cifar10','','',45000,5000,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.8078,5.60965240478515592137e-01,0.8098,0.8098,1,1087.890218479,4.21186619954840324453e+01,596130112,596066944,'2026-11-29T19:35:05Z','2026-11-29T19:53:34Z');
INSERT INTO "trial" VALUES(3,3,1,1,'fast epochs=1','paper/d5-c2-conv3.bn.relu','04af28e4e60d8f72','paper',5,2,'conv3.bn.relu',13325322,296096768,3885056,'cifar10','','',45000,5000,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.7948,5.87888323974609328104e-01,0.7946,0.7946,1,503.375843762,9.0899393478808136141e+01,366572224,366529600,'2026-11-29T19:53:34Z','2026-11-29T20:02:06Z');
INSERT INTO "trial" VALUES(4,4,2,2,'fast validation-images=0','paper/d4-c3-conv3.bn.relu','aaba8555bd7986da','paper',4,3,'conv3.bn.relu',17217738,779177984,8245248,'cifar10','','',50000,0,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.8952,3.11347468566894547414e-01,NULL,NULL,5,7.88416482462399926568e+03,3.74032316494571688276e+01,596127040,596066944,'2026-11-29T20:02:07Z','2026-11-29T22:54:31Z');
INSERT INTO "trial" VALUES(5,5,3,2,'fast validation-images=0','paper/d4-c3-conv3.bn.relu','aaba8555bd7986da','paper',4,3,'conv3.bn.relu',17217738,779177984,8245248,'cifar10','','',50000,0,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.8954,3.1035816650390624094e-01,NULL,NULL,5,5.76756315484600054314e+03,4.75380043066390314257e+01,596127040,596066944,'2026-11-29T22:54:31Z','2026-11-30T12:31:23Z');
INSERT INTO "trial" VALUES(6,6,4,2,'fast validation-images=0','paper/d4-c3-conv3.bn.relu','aaba8555bd7986da','paper',4,3,'conv3.bn.relu',17217738,779177984,8245248,'cifar10','','',50000,0,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.896,2.95368611145019555053e-01,NULL,NULL,5,5752.814687805,4.76401647827903786938e+01,596127040,596066944,'2026-11-30T10:55:33Z','2026-11-30T12:31:50Z');
INSERT INTO "trial" VALUES(7,7,1,1,'fast epochs=1','paper/d4-c4-conv3.bn.relu','755e22c024e7ebff','paper',4,4,'conv3.bn.relu',40717194,1894535168,17092608,'cifar10','','',45000,5000,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.7998,5.79763351440429675065e-01,0.8122,0.8122,1,1178.172745133,3.89715093736754951692e+01,1303275456,1303154944,'2026-11-30T16:34:36Z','2026-11-30T16:54:40Z');
INSERT INTO "trial" VALUES(8,8,5,5,'fast muon-lr=0.2 label-smoothing=0.2 validation-images=0','paper/d4-c4-conv3.bn.relu','755e22c024e7ebff','paper',4,4,'conv3.bn.relu',40717194,1894535168,17092608,'cifar10','','',50000,0,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.903,4.43141964721679659788e-01,NULL,NULL,5,8769.653110329,3.36487253691603527272e+01,1303272384,1303154944,'2026-11-30T16:55:33Z','2026-11-30T19:22:14Z');
INSERT INTO "trial" VALUES(9,0,6,5,'fast muon-lr=0.2 label-smoothing=0.2 validation-images=0','paper/d4-c4-conv3.bn.relu','755e22c024e7ebff','paper',4,4,'conv3.bn.relu',40717194,1894535168,17092608,'cifar10','','',50000,0,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.8952,4.56863784790039084704e-01,NULL,NULL,5,8124.480747676,3.49591911490398175041e+01,1303272384,1303154944,'2026-11-30T19:51:59Z','2026-11-30T22:43:47Z');
INSERT INTO "trial" VALUES(10,-1,7,7,'fast','paper/d4-c2-conv3.bn.relu','3480da387a9d0999','paper',4,2,'conv3.bn.relu',6259722,267800576,3821568,'cifar10','','',45000,5000,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.88,3.37065217590332033559e-01,0.8846,0.8846,5,2286.189754555,2.04269690144529420189e+02,280176128,356583712,'2026-11-30T16:54:41Z','2026-11-30T23:11:25Z');
INSERT INTO "trial" VALUES(11,-2,8,8,'fast muon-lr=0.2 label-smoothing=0.2','paper/d4-c2-conv3.bn.relu','3480da387a9d0999','paper',4,2,'conv3.bn.relu',6259722,267800576,3821568,'cifar10','','',45000,5000,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.8868,0.50466845703125,0.887,0.887,5,8.61319825860999912971e+02,2.68383760517365942631e+02,280176128,356583712,'2026-11-30T23:11:25Z','2026-11-30T23:25:52Z');
INSERT INTO "trial" VALUES(12,-3,9,5,'fast muon-lr=0.2 label-smoothing=0.2 validation-images=0','paper/d4-c4-conv3.bn.relu','755e22c024e7ebff','paper',4,4,'conv3.bn.relu',40717194,1894535168,17092608,'cifar10','','',50000,0,'0.4914 0.4822 0.4465','0.247 0.2435 0.2616','finished','',0.8988,4.5087947692871094274e-01,NULL,NULL,5,6173.336217616,4.06765061225875257377e+01,1303272384,1303154944,'2026-11-30T23:29:01Z','2026-12-01T01:12:27Z');
CREATE INDEX trial_by_disposition ON trial (disposition);
CREATE INDEX trial_by_variant ON trial (variant);
CREATE INDEX trial_by_score ON trial (data, judged_by, fingerprint, seedless, score)
    WHERE disposition = 'finished' AND score IS NOT NULL;
CREATE VIEW trials AS
    SELECT trial.id AS id, trial.variant, trial.fingerprint, trial.family, trial.depth, trial.columns, trial.layer_order, trial.parameters, trial.macs, trial.activation_bytes, trial.data, trial.data_file, trial.init_weights_file, trial.train_images, trial.validation_images, trial.pixel_mean, trial.pixel_std, recipe_label, recipe.epochs, recipe.batch, recipe.optimizer, recipe.lr, recipe.muon_lr, recipe.head_inputs, recipe.momentum, recipe.nesterov, recipe.weight_decay, recipe.decoupled_decay, recipe.schedule, recipe.step_epochs, recipe.step_factor, recipe.warmup, recipe.start_factor, recipe.end_factor, recipe.clip_norm, recipe.label_smoothing, recipe.weight_average, recipe.drop_path, recipe.drop_path_probability, recipe.init, recipe.init_weights, recipe.amp, recipe.checkpoint, recipe.kernels, recipe.flip, recipe.translate, recipe.pad, recipe.seed, seedless, trial.disposition, trial.reason, trial.test_accuracy, trial.test_loss, trial.best_validation_accuracy, trial.last_validation_accuracy, trial.epochs_done, trial.seconds, trial.images_per_second, trial.peak_bytes, trial.predicted_peak_bytes, trial.started, trial.ended, judged_by,
        score
    FROM trial JOIN recipe ON recipe.id = trial.recipe;
CREATE VIEW epochs AS
    SELECT trial.id AS trial, trial.variant, trial.data, trial.recipe_label, recipe.seed, epoch.epoch, epoch.train_loss, epoch.train_accuracy, epoch.validation_loss, epoch.validation_accuracy, epoch.lr, epoch.images_per_second, epoch.macs, epoch.seconds
    FROM epoch JOIN trial ON trial.id = epoch.trial JOIN recipe ON recipe.id = trial.recipe;
CREATE VIEW best AS
    SELECT data, judged_by, variant, fingerprint, recipe_label, seedless,
        count(*) AS seeds, avg(score) AS mean_score, max(score) AS best_score,
        avg(test_accuracy) AS mean_test_accuracy, avg(seconds) AS mean_seconds, parameters, macs,
        activation_bytes, avg(nullif(images_per_second, 0)) AS mean_images_per_second
    FROM trial WHERE disposition = 'finished' AND score IS NOT NULL AND TRUE
    GROUP BY data, judged_by, fingerprint, seedless;
COMMIT;
