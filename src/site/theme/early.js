try{const d=document.documentElement,s=JSON.parse(localStorage.getItem("pmx:color-scheme"));if(s&&!("pmxOneScheme"in d.dataset))d.dataset.pathmxColorScheme=s}catch{}
